"""How heat bends the part while it is cut: the plate as far as its clamps let it, and its declared thin walls.

Cut while bent, the part is off once it is even again at 20 degC. Held flat, a plate does not bend, whatever the heat:
then only its mean temperature counts (:mod:`twin.thermal.expansion`).
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, array_module
from twin.cutting.form.yielding_wall import standing
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.thermal import Environment, ThermalModel, mean_over_steps
from twin.thermal.environment import ambient_temperature, coolant_temperature
from twin.thermal.network import AMBIENT, COOLANT, WORKPIECE
from twin.workpiece import Slab, bending_difference, free_bow, slab_temperature, thermal_curvature, wall_bow

FLOOD = 2  # bit of the coolant word


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Plate:
    """A slab of the mean thickness of stock and part, heated evenly over its top and held at its middle."""

    slab: Slab
    expansion: float  # [1/K]
    area: float  # [m2]
    dt: float  # [s]
    flooded: Array  # (step,) bool
    time: Array  # (segment, 2) [s]
    tip: Array  # (segment, 2, 3) [m] from where it is held


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Bending:
    """How the part of a run bends, by the power of the cut."""

    share: Array  # (segment,) of that power, as heat of the part
    walls: Array  # (segment, 3) [m/W] by heat of the part, thin walls to the tool
    plate: Plate | None  # None where clamps hold it flat


def bending_of(scenario: Scenario, machining: Machining) -> Bending:
    """The bending of the part of this run."""
    computed = scenario.model.heat_partition == "computed"
    share = machining.process.heat.workpiece if computed else scenario.material.workpiece_share
    plate = _plate(scenario, machining) if scenario.part.clamping == "free" else None
    n = machining.toolpath.n_segments
    return Bending(np.broadcast_to(np.asarray(share, float), n), _walls(scenario, machining), plate)


def bending_error(
    bending: Bending, model: ThermalModel, environment: Environment, states: Array, power: Array
) -> Array:
    """Error of the tool against the part by bending of the part, (segment, 2, 3) [m]; differentiable.

    Args:
        bending: of the run.
        model, environment: of the machine and the shop.
        states: (time, node) [degC] at the end of every step.
        power: (segment,) [W] of the cut.
    """
    heat = power * bending.share
    error = (heat[:, None] * bending.walls)[:, None].repeat(2, axis=1)
    return error if bending.plate is None else error - _plate_moves(bending.plate, model, environment, states, heat)


def _slab(scenario: Scenario, thickness: float) -> Slab:
    material = scenario.material
    return Slab(thickness, material.conductivity, material.density * material.specific_heat)


def _walls(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Walls bend away from the face that is heated (segment, 3) [m/W]; heat of a pass spreads along the wall."""
    path, touch = machining.toolpath, machining.contact
    by_heat = np.zeros((path.n_segments, 3))
    radius = np.array([tool.radius for tool in scenario.tools.values()])[np.asarray(touch.tool)]
    depth = np.asarray(touch.depth)
    for wall in scenario.thin_walls:
        here = standing(wall, path, radius, depth, machining.cut.engagement.volume)
        span = np.array(wall.end) - np.array(wall.start)
        length = float(np.linalg.norm(span))
        away = here.side[:, None] * np.array([-span[1], span[0]]) / length  # from the wall to the tool
        flux = 1 / (np.maximum(depth[here.segment], 1e-9) * length)
        moved = wall_bow(flux, jnp.asarray(here.contact), _slab(scenario, wall.thickness), scenario.material.expansion)
        by_heat[here.segment, :2] = np.asarray(moved)[:, None] * away
    return by_heat


def _plate(scenario: Scenario, machining: Machining) -> Plate:
    thermal, path, cut = machining.thermal, machining.toolpath, machining.cut
    lower, upper = scenario.stock.bounds
    area = float(np.prod(upper[:2] - lower[:2]))
    thickness = (cut.stock_volume - cut.removed_volume / 2) / area
    dt = float(thermal.time[1] - thermal.time[0])
    n_steps = 1 << max(6, (len(thermal.time) - 2).bit_length())
    on = ((machining.program.coolant & FLOOD) > 0).astype(float)[:, None]
    held = np.array([*(lower[:2] + upper[:2]) / 2, lower[2] + thickness / 2])
    return Plate(
        _slab(scenario, thickness),
        scenario.material.expansion,
        area,
        dt,
        np.asarray(mean_over_steps(machining.motion.time, on, dt, n_steps))[:, 0] > 0.5,
        machining.time,
        np.stack([path.start, path.end], axis=1) - held,
    )


def _plate_moves(plate: Plate, model: ThermalModel, environment: Environment, states: Array, heat: Array) -> Array:
    """Displacement of the plate's material where the tool is (segment, 2, 3) [m]."""
    xp = array_module(plate, model, environment, states, heat)
    n_steps, dt = len(plate.flooded), plate.dt
    gaps = xp.stack([heat, 0 * heat], axis=1).reshape(-1, 1)[:-1]  # nothing is cut between two segments
    flux = mean_over_steps(plate.time.ravel(), gaps, dt, n_steps)[:, 0] / plate.area
    step = xp.arange(n_steps + 1, dtype=float)
    middle = (step[:-1] + 0.5) * dt
    fluids = {AMBIENT: ambient_temperature(environment, middle), COOLANT: coolant_temperature(environment, middle)}
    film, pull = [[0.0, 0.0], [0.0, 0.0]], [[xp.zeros(n_steps)] * 2 for _ in range(2)]  # dry, flood; underside, top
    for link in model.network.links:
        if WORKPIECE not in link.between:
            continue
        other = next(end for end in link.between if end != WORKPIECE)
        face = 1 if link.film is not None else 0  # films wet the top, contacts carry from the underside
        size = link.film if link.film is not None else link.conductance / plate.area  # type: ignore[operator]
        if other not in fluids:
            fluids[other] = xp.interp(middle, xp.arange(len(states), dtype=float) * dt, states[:, model.index(other)])
        for state in (0, 1):
            if link.when == "always" or (link.when == "flood") == bool(state):
                film[state][face] += size
                pull[state][face] = pull[state][face] + size * fluids[other]
    films = xp.stack([xp.stack([xp.asarray(one, dtype=float) for one in row]) for row in film])
    met = xp.stack([xp.stack(row) for row in pull]) / xp.where(films > 0, films, 1.0)[..., None]
    fluid = xp.where(plate.flooded, met[1], met[0]).T
    into = xp.stack([xp.zeros(n_steps), flux], axis=1)
    start = states[0, model.index(WORKPIECE)]
    temperature = slab_temperature(plate.slab, films, xp.asarray(plate.flooded, dtype=int), into, fluid, dt, start)
    curvature = thermal_curvature(bending_difference(temperature), plate.expansion, plate.slab.thickness)
    return free_bow(xp.interp(plate.time, dt * step, curvature), plate.tip)
