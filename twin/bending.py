"""How heat bends the part while it is cut: the plate as far as its clamps let it, and its declared thin walls.

Cut while bent, the part is off once it is even again at 20 degC. Held flat, a plate does not bend, whatever the heat:
then only its mean temperature counts (:mod:`twin.thermal.expansion`).
"""

import jax.numpy as jnp
import numpy as np

from twin.cutting.form.yielding_wall import standing
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.thermal import mean_over_steps
from twin.thermal.environment import ambient_temperature, coolant_temperature
from twin.thermal.network import AMBIENT, COOLANT, WORKPIECE
from twin.workpiece import Slab, bending_difference, free_bow, slab_temperature, thermal_curvature, wall_bow

FLOOD = 2  # bit of the coolant word


def bending_error(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Error of the tool against the part by bending of the part, (segment, 2, 3) [m]."""
    error = np.repeat(_walls(scenario, machining)[:, None], 2, axis=1)
    return error - _plate(scenario, machining) if scenario.part.clamping == "free" else error


def _heat_into_part(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Of each segment (segment,) [W]."""
    computed = scenario.model.heat_partition == "computed"
    share = np.asarray(machining.process.heat.workpiece) if computed else scenario.material.workpiece_share
    return np.asarray(machining.loads.power_mean) * share


def _slab(scenario: Scenario, thickness: float) -> Slab:
    material = scenario.material
    return Slab(thickness, material.conductivity, material.density * material.specific_heat)


def _walls(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Walls bend away from the face that is heated (segment, 3) [m]; heat of a pass spreads along the wall."""
    path, touch = machining.toolpath, machining.contact
    error, heat = np.zeros((path.n_segments, 3)), _heat_into_part(scenario, machining)
    radius = np.array([tool.radius for tool in scenario.tools.values()])[np.asarray(touch.tool)]
    depth = np.asarray(touch.depth)
    for wall in scenario.thin_walls:
        here = standing(wall, path, radius, depth, machining.cut.engagement.volume)
        span = np.array(wall.end) - np.array(wall.start)
        length = float(np.linalg.norm(span))
        away = here.side[:, None] * np.array([-span[1], span[0]]) / length  # from the wall to the tool
        flux = heat[here.segment] / (np.maximum(depth[here.segment], 1e-9) * length)
        moved = wall_bow(flux, jnp.asarray(here.contact), _slab(scenario, wall.thickness), scenario.material.expansion)
        error[here.segment, :2] = np.asarray(moved)[:, None] * away
    return error


def _plate(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Displacement of the plate's material, held at its middle, where the tool is (segment, 2, 3) [m].

    A slab of the mean thickness of stock and part, heated evenly over its top.
    """
    thermal, network, path, cut = machining.thermal, machining.thermal.model.network, machining.toolpath, machining.cut
    lower, upper = scenario.stock.bounds
    area = float(np.prod(upper[:2] - lower[:2]))
    thickness = (cut.stock_volume - cut.removed_volume / 2) / area
    dt = float(thermal.time[1] - thermal.time[0])
    n_steps = 1 << max(6, (len(thermal.time) - 2).bit_length())
    heat = np.zeros((2 * path.n_segments - 1, 1))
    heat[::2, 0] = _heat_into_part(scenario, machining)
    flux = np.asarray(mean_over_steps(machining.time.ravel(), heat, dt, n_steps))[:, 0] / area
    on = ((machining.program.coolant & FLOOD) > 0).astype(float)[:, None]
    flood = np.asarray(mean_over_steps(machining.motion.time, on, dt, n_steps))[:, 0] > 0.5
    middle = (np.arange(n_steps) + 0.5) * dt
    time = jnp.asarray(middle)
    fluids = {
        AMBIENT: np.asarray(ambient_temperature(scenario.environment, time)),
        COOLANT: np.asarray(coolant_temperature(scenario.environment, time)),
    }
    films, pull = np.zeros((2, 2)), np.zeros((2, 2, n_steps))  # dry and flood; underside and top
    for link in network.links:
        if WORKPIECE not in link.between:
            continue
        other = next(end for end in link.between if end != WORKPIECE)
        face = 1 if link.film is not None else 0  # films wet the top, contacts carry from the underside
        film = float(link.film if link.film is not None else (link.conductance or 0.0) / area)
        fluid = fluids.get(other)
        if fluid is None:
            fluid = np.interp(middle, thermal.time, thermal.states[:, thermal.model.index(other)])
        for state in (0, 1):
            if link.when == "always" or (link.when == "flood") == bool(state):
                films[state, face] += film
                pull[state, face] += film * fluid
    mode = flood.astype(int)
    meets = np.where(films > 0, films, 1.0)[..., None]
    fluid = np.take_along_axis((pull / meets), mode[None, None], axis=0)[0].T
    start = thermal.states[0, thermal.model.index(WORKPIECE)]
    into = np.stack([np.zeros(n_steps), flux], axis=1)
    temperature = slab_temperature(_slab(scenario, thickness), films, mode, into, fluid, dt, start)
    curvature = thermal_curvature(bending_difference(temperature), scenario.material.expansion, thickness)
    held = np.array([*(lower[:2] + upper[:2]) / 2, lower[2] + thickness / 2])
    tip = np.stack([path.start, path.end], axis=1)
    at = np.interp(machining.time, dt * np.arange(n_steps + 1), np.asarray(curvature))
    return np.asarray(free_bow(at, tip - held))
