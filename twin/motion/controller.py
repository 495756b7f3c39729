"""The controller: what a CNC may ask of its axes, and how long it takes for everything else."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

import jax

from twin.config import NOT_NEGATIVE, POSITIVE
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

Cornering = Literal["exact_stop", "junction_deviation", "speed_step", "tolerance"]
ArcFit = Literal["centre", "radius"]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Limits and servo of one linear axis."""

    velocity: Annotated[Speed, POSITIVE]
    """Highest speed, also that of a rapid."""
    acceleration: Annotated[Acceleration, POSITIVE]
    """Highest acceleration."""
    jerk: Annotated[Jerk, POSITIVE] | None = None
    """Highest jerk; none: the acceleration may step (trapezoidal speed)."""
    gain: Annotated[Rate, POSITIVE] | None = None
    """Position gain Kv of the servo loop; none: the axis follows exactly."""
    feed_forward: Annotated[Ratio, NOT_NEGATIVE] = 0.0
    """Share of the commanded speed that bypasses the position loop; 1: no lag at constant speed."""
    backlash: Annotated[Length, NOT_NEGATIVE] = 0.0
    """Lost motion at a reversal that the control does not compensate."""
    friction_spike: Length = 0.0
    """Height of the error just after a reversal, from friction."""
    friction_decay: Annotated[Length, POSITIVE] = 1e-4
    """Distance travelled after a reversal over which the spike falls to 1/e."""


@dataclass(frozen=True, kw_only=True)
class RotaryAxis:
    """Limits of one rotary axis."""

    velocity: Annotated[AngularSpeed, POSITIVE]
    """Highest speed."""
    acceleration: Annotated[AngularAcceleration, POSITIVE]
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
    """How moves join in continuous mode: at rest; at the speed of ``junction_deviation`` or ``corner_step``;
    or along an arc within the program's tolerance."""
    centripetal_acceleration: Annotated[Acceleration, POSITIVE]
    """Highest acceleration across the path, on arcs and rounded corners."""
    path_acceleration: Annotated[Acceleration, POSITIVE] | None = None
    """Highest acceleration along the path; none: the axes alone limit it."""
    path_jerk: Annotated[Jerk, POSITIVE] | None = None
    """Highest jerk along the path; none: the axes alone limit it."""
    rapid_jerk: Annotated[Jerk, POSITIVE] | None = None
    """Highest jerk along a rapid where ``path_jerk`` limits all other moves; none: as along them."""
    junction_deviation: Annotated[Length, NOT_NEGATIVE] = 0.0
    """Deviation that sets the corner speed: v2 = a d s / (1 - s), s the sine of half the angle between the legs."""
    corner_step: Annotated[Speed, NOT_NEGATIVE] = 0.0
    """Largest step of the speed of an axis at a corner."""
    tolerance: Annotated[Length, NOT_NEGATIVE] = 0.0
    """Corner tolerance where the program states none (G64 without P)."""
    overlap_ratio: Ratio | None = None
    """Share of the acceleration left to a move whose ramp at its end overlaps the next one's instead of an arc
    that rounds the corner, before an operation at rest; none: there the move just ends."""
    shortest_rounding: Time | None = None
    """Least time on an arc that rounds a corner; none: any."""
    arc_fit: ArcFit = "centre"
    """What holds where the rounded words of an arc disagree: its centre, or its end and the larger radius."""
    rapid_stop: bool = True
    """Whether the control comes to rest between a rapid and its neighbours."""
    settling: Annotated[Time, NOT_NEGATIVE] = 0.0
    """Time from the end of a ramp to rest until the position counts as reached."""
    block_time: Annotated[Time, NOT_NEGATIVE] = 0.0
    """Time the control needs to prepare one block; no block is passed faster."""
    look_ahead: int = 1000
    """Blocks the control sees ahead; it can always stop within them."""
    spindle_acceleration: Annotated[AngularAcceleration, POSITIVE]
    """Rate at which the spindle changes speed; the program waits for it."""
    tool_change: Annotated[Time, NOT_NEGATIVE]
    """Duration of M6."""
    auxiliary: Annotated[Time, NOT_NEGATIVE] = 0.0
    """Duration of a coolant command."""


for _schema, _choices in (
    (Axis, ()),
    (RotaryAxis, ()),
    (Controller, ("cornering", "arc_fit", "rapid_stop", "look_ahead")),
):
    jax.tree_util.register_dataclass(
        _schema,
        data_fields=[f.name for f in dataclasses.fields(_schema) if f.name not in _choices],
        meta_fields=list(_choices),
    )
