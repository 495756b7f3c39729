"""Lives that one part consumes of every component, and by derivatives what of it is whose.

The consumption of a component, 1 / (life in parts), is homogeneous of degree one in how often each operation is run:
the derivatives by these numbers add up to it (Euler), and each one is the operation's share. That holds for the sum of
Miner and for halves of a nut or carriages that fail independently.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.compiled import kept
from twin.errors import InputError
from twin.production.component_life.bearing import (
    SET_EXPONENT,
    axial_in_pair,
    equivalent_load,
    modified_life,
)
from twin.production.component_life.belt import belt_consumed
from twin.production.component_life.components import BearingSet, Components, Guide, Screw, SpindleBelt
from twin.production.component_life.linear import HUNDRED_KM, MILLION, carriage_loads, consumed, preloaded, together
from twin.production.component_life.reliability import BEARING, BELT, LINEAR, LifeDistribution
from twin.production.component_life.run_loads import AxisLoads, RunLoads, SpindleLoads

GRAVITY = 9.81  # [m/s2]
FEWEST = 8  # operations that are compiled for
# along, across, away from the rails: rows in machine axes
FRAMES = {
    "X": np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "Y": np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
    "Z": np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]),
}


@register_dataclass
@dataclass(frozen=True)
class Asked:
    """What a consumption is derived by."""

    times: jax.Array  # (operation,) how often each is run: 1
    force: jax.Array  # (operation,) factor of its cutting forces and torques: 1
    warmer: jax.Array  # () [K] added to the bearings: 0
    preload: jax.Array  # () factor of the component's own preload or tension: 1


@dataclass(frozen=True)
class Consumption:
    """What one part takes of each component."""

    component: tuple[str, ...]
    distribution: tuple[LifeDistribution, ...]
    used: np.ndarray  # (component,) lives L10
    share: np.ndarray  # (component, operation) of it; each row sums to 1 where something is used
    by_force: np.ndarray  # (component, operation) d ln used / d ln force of the operation
    by_temperature: np.ndarray  # (component,) [1/K] d ln used / d temperature of the bearings
    by_preload: np.ndarray  # (component,) d ln used / d ln of its own preload or tension
    spread: np.ndarray  # (component,) standard deviation of ln used, from forces, preload and temperature


def consumption(components: Components, run: RunLoads) -> Consumption:
    """What one part of ``run`` takes of ``components``.

    Raises:
        InputError: the machine's thermal model has no such node as a bearing names.
    """
    spindle, n = components.spindle, len(run.operations)
    for some in (spindle.front, spindle.rear):
        if some.node not in run.temperature:
            raise InputError(
                f"the run has no temperature of '{some.node}'", file=run.folder, remedy="name a thermal node"
            )
    ones = jnp.ones(max(FEWEST, 1 << (n - 1).bit_length()))
    asked = Asked(ones, ones, jnp.zeros(()), jnp.ones(()))
    arm = (spindle.overhang + run.length) / spindle.span
    rows = []
    for name, some, share in (("front bearings", spindle.front, 1 + arm), ("rear bearings", spindle.rear, arm)):
        row = _bearings(some, share, run.temperature[some.node], run.spindle, asked)
        rows.append((name, BEARING, some.preload_scatter, row))
    for k, axis in enumerate("XYZ"):
        screw, guide = components.screws[axis], components.guides[axis]
        weight = guide.moving_mass * GRAVITY * (1 - guide.counterbalance) if axis == "Z" else 0.0
        pushed = (np.eye(3)[k], guide.moving_mass, run.friction[k], weight)
        rows.append((f"screw {axis}", LINEAR, screw.preload_scatter, _screw(screw, pushed, run.axes, asked)))
    for k, axis in enumerate("XYZ"):
        guide, side = components.guides[axis], 1.0 - 2.0 * (axis in run.table_axes)
        held = guide.moving_mass * GRAVITY * (1 - guide.counterbalance * (axis == "Z"))
        place = (np.eye(3)[k], FRAMES[axis], side, held)
        rows.append((f"guides {axis}", LINEAR, guide.preload_scatter, _guide(guide, place, run.axes, asked)))
    if components.belt:
        rows.append(("belt", BELT, components.belt.tension_scatter, _belt(components.belt, run.spindle, asked)))
    return _collected(rows, n, run.force_scatter, spindle.temperature_scatter)


def _collected(
    rows: list[tuple[str, LifeDistribution, float, tuple]], n: int, force_scatter: float, temperature_scatter: float
) -> Consumption:
    """The rows (name, distribution, scatter of the preload, (used, slopes)) as arrays, ``n`` operations."""
    used = np.array([float(row[3][0]) for row in rows])
    safe = np.where(used > 0, used, 1.0)
    share, by_force, by_temperature, by_preload = (
        np.stack([np.asarray(getattr(row[3][1], name)) / safe[k] for k, row in enumerate(rows)])
        for name in ("times", "force", "warmer", "preload")
    )
    share, by_force = share[:, :n], by_force[:, :n]
    scatter = np.array([row[2] for row in rows])
    spread = np.sqrt(
        (by_force.sum(axis=1) * force_scatter) ** 2
        + (by_temperature * temperature_scatter) ** 2
        + (by_preload * scatter) ** 2
    )
    names, distributions = tuple(row[0] for row in rows), tuple(row[1] for row in rows)
    return Consumption(names, distributions, used, share, by_force, by_temperature, by_preload, spread)


@kept
def _bearings(some: BearingSet, share, temperature, loads: SpindleLoads, asked: Asked):  # type: ignore[no-untyped-def]
    """Lives used by a set that carries ``share`` (segment,) of the radial force on the tool tip, and its slopes."""

    def used(asked: Asked) -> jax.Array:
        force, seconds = asked.force[loads.operation], loads.seconds * asked.times[loads.operation]
        turning = (loads.speed > 0) & (loads.seconds > 0)
        speed = jnp.where(turning, loads.speed, 1.0)
        preload = some.preload * asked.preload
        external = loads.axial * force / some.n_axial if some.n_axial else jnp.zeros_like(force)
        radial = loads.radial * force * share / some.n_bearings
        load = equivalent_load(some.ball, radial, axial_in_pair(preload, external))
        life = modified_life(some.ball, some.lubricant, load, speed, temperature + asked.warmer)
        one = jnp.sum(jnp.where(turning, seconds * speed / (2 * jnp.pi) / life, 0.0))
        return some.n_bearings ** (1 / SET_EXPONENT) * one

    return jax.value_and_grad(used)(asked)


@kept
def _screw(screw: Screw, pushed, loads: AxisLoads, asked: Asked):  # type: ignore[no-untyped-def]
    """Lives used by both halves of a nut under inertia, friction, weight and cut, and their slopes.

    ``pushed``: unit vector of the axis, moving mass [kg], friction [N], weight along the axis [N].
    """
    axis, mass, friction, weight = pushed
    speed = loads.speed @ axis

    def used(asked: Asked) -> jax.Array:
        cut = loads.cutting @ axis * asked.force[loads.operation]
        push = mass * (loads.acceleration @ axis) + friction * jnp.sign(speed) + weight - cut
        turns = _travelled(speed, loads, asked) / screw.lead
        halves = preloaded(screw.preload * asked.preload, push)
        return together(jnp.stack([consumed(half, screw.dynamic_rating, turns, MILLION) for half in halves]))

    return jax.value_and_grad(used)(asked)


@kept
def _guide(guide: Guide, place, loads: AxisLoads, asked: Asked):  # type: ignore[no-untyped-def]
    """Lives used by four carriages under weight, inertia and cut, and their slopes.

    ``place``: unit vector of the axis; frame (along, across, away from the rails; machine axes); side; weight held [N].
    The side is 1 where the axis carries the tool, which feels the force, and -1 where it carries the part, which feels
    the reaction and moves against the tip.
    """
    axis, frame, side, weight = place
    inertia = side * guide.moving_mass * (loads.acceleration @ axis)
    body = -weight * jnp.array([[0.0, 0.0, 1.0]]) - jnp.outer(inertia, axis)
    point = jnp.stack([jnp.stack(guide.mass_point), jnp.stack(guide.cut_point)])

    def used(asked: Asked) -> jax.Array:
        cut = side * loads.cutting * asked.force[loads.operation][:, None]
        force = jnp.stack([body, cut], axis=1) @ frame.T
        normal, lateral = carriage_loads(force, point, jnp.stack(guide.drive_point), guide.spacing)
        pressed, _ = preloaded(guide.preload * asked.preload, jnp.abs(normal) + jnp.abs(lateral))
        travel = _travelled(loads.speed @ axis, loads, asked)
        each = (pressed / guide.dynamic_rating) ** 3 * travel[:, None] / HUNDRED_KM
        return together(jnp.sum(each, axis=0))

    return jax.value_and_grad(used)(asked)


@kept
def _belt(belt: SpindleBelt, loads: SpindleLoads, asked: Asked):  # type: ignore[no-untyped-def]
    """Lives used by the belts, and their slopes."""

    def used(asked: Asked) -> jax.Array:
        tensioned = replace(belt, tension=belt.tension * asked.preload)  # type: ignore[arg-type]
        torque, seconds = loads.torque * asked.force[loads.operation], loads.seconds * asked.times[loads.operation]
        return belt_consumed(tensioned, loads.speed, torque, seconds)

    return jax.value_and_grad(used)(asked)


def _travelled(speed: jax.Array, loads: AxisLoads, asked: Asked) -> jax.Array:
    """Travel of an axis in each sample (sample,) [m]."""
    return jnp.abs(speed) * loads.seconds * asked.times[loads.operation]
