"""The controller: what a CNC may ask of its axes, and how long it takes for everything else."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

import jax

from twin.units import (
    Acceleration,
    AngularAcceleration,
    AngularSpeed,
    Jerk,
    Length,
    Rate,
    Ratio,
    Speed,
    Time,
)

Cornering = Literal["exact_stop", "junction_deviation", "tolerance"]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Limits and servo of one linear axis."""

    velocity: Speed
    """Highest speed, also that of a rapid."""
    acceleration: Acceleration
    """Highest acceleration."""
    jerk: Jerk | None = None
    """Highest jerk; none: the acceleration may step (trapezoidal speed)."""
    gain: Rate | None = None
    """Position gain Kv of the servo loop; none: the axis follows exactly."""
    feed_forward: Ratio = 0.0
    """Share of the commanded speed that bypasses the position loop; 1: no lag at constant speed."""
    backlash: Length = 0.0
    """Lost motion at a reversal that the control does not compensate."""
    friction_spike: Length = 0.0
    """Height of the error just after a reversal, from friction."""
    friction_decay: Length = 1e-4
    """Distance travelled after a reversal over which the spike falls to 1/e."""


@dataclass(frozen=True, kw_only=True)
class RotaryAxis:
    """Limits of one rotary axis."""

    velocity: AngularSpeed
    """Highest speed."""
    acceleration: AngularAcceleration
    """Highest acceleration."""


@dataclass(frozen=True, kw_only=True)
class Controller:
    """How a control turns a program into motion; SI units.

    A pytree: every number is a leaf (batch it with ``jax.tree.map(jnp.stack, ...)``), every choice is static.
    """

    axis: dict[str, Axis]
    """Linear axes by name: x, y, z."""
    rotary: dict[str, RotaryAxis] = dataclasses.field(default_factory=dict)
    """Rotary axes by name: a, b, c."""
    cornering: Cornering
    """How moves join in continuous mode: a stop, a speed limit from the junction deviation, or a rounded corner."""
    rapid_stop: bool = True
    """Whether the control waits for the position to be reached between a rapid and its neighbours."""
    path_acceleration: Acceleration | None = None
    """Highest acceleration along the path; none: the axes alone limit it."""
    path_jerk: Jerk | None = None
    """Highest jerk along the path; none: the axes alone limit it."""
    junction_deviation: Length = 0.0
    """Deviation that sets the corner speed: v2 = a * d * sin(h) / (1 - sin(h)), h half the angle between the legs."""
    tolerance: Length = 0.0
    """Corner tolerance where the program states none (G64 without P)."""
    centripetal_ratio: Ratio = 1.0
    """Share of the acceleration that may bend the path on arcs; what it leaves changes the speed."""
    block_time: Time = 0.0
    """Time the control needs to prepare one block; no block is passed faster."""
    look_ahead: int = 1000
    """Blocks the control sees ahead; it can always stop within them."""
    spindle_acceleration: AngularAcceleration
    """Rate at which the spindle changes speed; the program waits for it."""
    tool_change: Time
    """Duration of M6."""
    auxiliary: Time = 0.0
    """Duration of a coolant command or another M-code."""


for _schema, _choices in (
    (Axis, ()),
    (RotaryAxis, ()),
    (Controller, ("cornering", "rapid_stop", "look_ahead")),
):
    jax.tree_util.register_dataclass(
        _schema,
        data_fields=[f.name for f in dataclasses.fields(_schema) if f.name not in _choices],
        meta_fields=list(_choices),
    )
