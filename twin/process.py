"""What the cut does to tool, spindle and part, segment by segment: forces, chatter, wear, heat."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import jax
import numpy as np
from jax.tree_util import register_dataclass

import twin
from twin.cache import cached, content_key, source_key
from twin.compiled import CODE, in_blocks, kept
from twin.cutting import (
    Contact,
    Cutters,
    CuttingCoefficients,
    Loads,
    beams,
    contact,
    cutters,
    loads,
    spindle_curve,
    static_deflection,
    torque_margin,
)
from twin.cutting.basis import force_basis, force_deviation, rescaled
from twin.cutting.dynamics import Modes, tool_point_modes
from twin.cutting.form import SurfaceError, surface_error, wall_displacement, wall_yields
from twin.cutting.heat import HeatProperties, HeatShare, workpiece_share
from twin.cutting.stability import Margins, chatter_margin, milling_of_tool
from twin.cutting.wear import ProgramWear, program_wear, worn_coefficients
from twin.program import Toolpath
from twin.scenario import Scenario
from twin.stock.cut import Cut, Engagement

WALLS = 1 << 9  # segments whose walls are computed at once


@dataclass(frozen=True)
class Process:
    """What happens where the tools cut; one row a segment of the path."""

    contact: Contact
    loads: Loads
    deviation: Loads  # one standard deviation of the loads, from the scatter of the material's coefficients
    torque_margin: np.ndarray  # (segment,) part of the spindle's continuous torque that the cut leaves
    chatter: Margins | None  # None: the machine states no spindle modes
    wear: ProgramWear | None  # None: no law of wear is known for the material
    heat: HeatShare
    wall_yield: np.ndarray  # (segment, 3) [m] of the tool against a thin wall that gives way to it
    deflection: np.ndarray  # (segment, 3) [m] of the tool against the surface it shapes: its own and the wall's


def process(scenario: Scenario, toolpath: Toolpath, removed: Cut, speed: np.ndarray, seconds: np.ndarray) -> Process:
    """What the cut of ``removed`` does.

    Args:
        scenario: material, tools, machine.
        toolpath: as removed.
        removed: engagement of every segment.
        speed: (segment,) [m/s] mean along the segment.
        seconds: (segment,) [s] that it takes.
    """
    tools, k = list(scenario.tools.values()), scenario.material.coefficients
    cutting = loads_and_vibration(scenario, toolpath, removed.engagement, speed)
    mills, touch, forces, modes, chatter = cutting.mills, cutting.touch, cutting.loads, cutting.modes, cutting.chatter
    wear = None
    if scenario.wear:
        before = np.array([tool.life_used for tool in tools])
        wear = program_wear(touch, speed, toolpath.spindle, seconds, mills, scenario.wear.law, before)
    bent = _deflection(scenario, removed, touch, mills, forces, speed, toolpath.spindle, modes, chatter)
    yielded = wall_yields(
        scenario.thin_walls,
        toolpath,
        np.array([tool.radius for tool in tools])[np.asarray(touch.tool)],
        np.asarray(touch.depth),
        removed.engagement.volume,
        np.asarray(forces.force_left),
        np.asarray(forces.force_right),
        scenario.material.youngs_modulus,
    )
    curve = spindle_curve(scenario.machine.spindle)
    return Process(
        contact=touch,
        loads=forces,
        deviation=cutting.deviation,
        torque_margin=np.asarray(torque_margin(curve, toolpath.spindle, forces.torque_mean)),
        chatter=chatter,
        wear=wear,
        heat=_heat(scenario, touch, mills, speed, toolpath.spindle, k),
        wall_yield=yielded,
        deflection=bent + yielded,
    )


@dataclass(frozen=True)
class Cutting:
    """What acts between tool and part in each segment, and how the tool gives way."""

    mills: Cutters
    touch: Contact
    loads: Loads
    deviation: Loads
    modes: list[Modes] | None  # of every tool; None: the machine states no spindle modes
    chatter: Margins | None


def loads_and_vibration(scenario: Scenario, toolpath: Toolpath, engagement: Engagement, speed: np.ndarray) -> Cutting:
    """The part of :func:`process` that takes longest to compile and to compute."""
    mills = cutters(list(scenario.tools.values()))
    touch = contact(engagement, toolpath, mills, scenario.program_file)
    with ThreadPoolExecutor(1) as beside:  # the one compiles while the other computes
        vibration = beside.submit(_vibration, scenario, touch, toolpath.spindle)
        forces = _forces(scenario, touch, mills, speed, toolpath.spindle)
        modes, chatter = vibration.result()
    return Cutting(mills, touch, forces.mean, forces.deviation, modes, chatter)


@dataclass(frozen=True)
class Forces:
    """Loads of every segment, and one standard deviation of each."""

    mean: Loads
    deviation: Loads


def _forces(scenario: Scenario, touch: Contact, mills: Cutters, speed: np.ndarray, spindle: np.ndarray) -> Forces:
    """Loads of every segment; kept on disk by content."""
    arrays, by_coefficients = jax.tree.map(np.asarray, (touch, mills)), _by_coefficients(scenario)
    deviations = scenario.material.coefficient_deviations
    key = content_key(arrays, speed, spindle, by_coefficients, deviations, source_key(CODE / "cutting"))

    def make() -> Forces:
        return Forces(*_computed_forces(arrays[0], mills, speed, spindle, by_coefficients, deviations))

    return cached(twin.CACHE / "loads", key, Forces, make)[0]


def _computed_forces(
    arrays: Contact,
    mills: Cutters,
    speed: np.ndarray,
    spindle: np.ndarray,
    by_coefficients: Sequence[tuple[list[int], CuttingCoefficients]],
    deviations: CuttingCoefficients,
) -> tuple[Loads, Loads]:
    """Loads and their standard deviation; air cuts left out; a worn tool's edge rubs more."""
    cutting = arrays.depth > 0
    groups = [(np.flatnonzero(cutting & np.isin(arrays.tool, tools)), k) for tools, k in by_coefficients]
    if not cutting.any():
        groups = [(np.array([0]), groups[0][1])]  # a program without a cut still has loads, of zero
    forces: Any = None
    for mine, coefficients in groups:
        if not mine.size:
            continue

        def of_rows(some: tuple, k: CuttingCoefficients = coefficients) -> tuple[Loads, Loads]:
            return _loads_and_spread(*some, mills, k, deviations)

        found = in_blocks(of_rows, jax.tree.map(itemgetter(mine), (arrays, speed, spindle)))
        forces = forces or jax.tree.map(lambda part: np.zeros((len(speed), *part.shape[1:])), found)
        for values, part in zip(jax.tree.leaves(forces), jax.tree.leaves(found), strict=True):
            values[mine] = part
    return forces


@kept
def _loads_and_spread(
    touch: Contact,
    speed: jax.Array,
    spindle: jax.Array,
    mills: Cutters,
    coefficients: CuttingCoefficients,
    deviations: CuttingCoefficients,
) -> tuple[Loads, Loads]:
    basis = force_basis(partial(loads, touch, speed, spindle, mills), coefficients)
    return rescaled(basis, coefficients), force_deviation(basis, deviations)


def _by_coefficients(scenario: Scenario) -> list[tuple[list[int], CuttingCoefficients]]:
    """Rows of the tools that share their state of wear, with the coefficients that it makes of the material's."""
    k, tools = scenario.material.coefficients, list(scenario.tools.values())
    groups: dict[float, list[int]] = {}
    for row, tool in enumerate(tools):
        groups.setdefault(tool.life_used if scenario.wear else 0.0, []).append(row)
    if scenario.wear is None:
        return [(rows, k) for rows in groups.values()]
    law, growth = scenario.wear.law, scenario.wear.force_growth
    return [
        (rows, worn_coefficients(k, law.limit * used**law.growth, growth) if used else k)
        for used, rows in groups.items()
    ]


def _vibration(
    scenario: Scenario, touch: Contact, spindle: np.ndarray
) -> tuple[list[Modes], Margins] | tuple[None, None]:
    """Modes of every tool and the chatter margin of every segment, where the machine states its spindle's modes."""
    if not scenario.machine.spindle_modes:
        return None, None
    modes = tool_modes(scenario)
    return modes, _chatter(scenario, touch, spindle, modes)


def tool_modes(scenario: Scenario) -> list[Modes]:
    """Modes of every tool's tip against the part, rows as in the tool list; kept on disk by content."""
    spindle = scenario.machine.spindle_modes
    code = source_key(CODE / "cutting" / "dynamics")
    return [
        cached(
            twin.CACHE / "modes",
            content_key(tool, spindle, code),
            Modes,
            lambda tool=tool: jax.tree.map(np.asarray, tool_point_modes(tool, spindle)),  # type: ignore[misc]
        )[0]
        for tool in scenario.tools.values()
    ]


def _chatter(scenario: Scenario, touch: Contact, spindle: np.ndarray, modes: Sequence[Modes]) -> Margins:
    """Chatter margin of every segment; kept on disk by content."""
    row, depth = np.asarray(touch.tool), np.asarray(touch.depth)

    def typical(tool: int) -> float:
        mine = depth[(row == tool) & (depth > 0)]
        return float(np.median(mine)) if mine.size else 0.0

    cuts = [
        milling_of_tool(tool, scenario.material.coefficients, mode, typical(number))
        for number, (tool, mode) in enumerate(zip(scenario.tools.values(), modes, strict=True))
    ]
    key = content_key(touch, spindle, cuts, source_key(CODE / "cutting" / "stability"))
    return cached(twin.CACHE / "chatter", key, Margins, lambda: chatter_margin(touch, spindle, cuts))[0]


def _heat(
    scenario: Scenario,
    touch: Contact,
    mills: Cutters,
    speed: np.ndarray,
    spindle: np.ndarray,
    coefficients: CuttingCoefficients,
) -> HeatShare:
    material, tool = scenario.material, scenario.tool_material
    heat = HeatProperties(
        density=material.density,
        specific_heat=material.specific_heat,
        conductivity=material.conductivity,
        tool_conductivity=tool.conductivity,
        initial_temperature=scenario.environment.ambient_mean,
    )
    rake = np.array([entry.rake for entry in scenario.tools.values()])
    return workpiece_share(touch, speed, spindle, mills, coefficients, heat, rake, tool.flank_share)


def _deflection(
    scenario: Scenario,
    removed: Cut,
    touch: Contact,
    mills: Cutters,
    forces: Loads,
    speed: np.ndarray,
    spindle: np.ndarray,
    modes: Sequence[Modes] | None,
    chatter: Margins | None,
) -> np.ndarray:
    """Displacement of the tool where it shapes the surface (segment, 3) [m].

    Static, under the force of the instant; on walls that the model ``dynamic`` covers (stable cuts of even teeth,
    vibration known) that of the vibrating tool, its surface location error.
    """
    tools = list(scenario.tools.values())
    static = np.array(static_deflection(touch, forces, beams(tools)))
    if scenario.model.wall_error == "static" or modes is None or chatter is None:
        return static
    shaping = np.unique(removed.provenance.segment[removed.surface.machined])
    shaping = shaping[shaping >= 0]
    stable = shaping[(chatter.margin[shaping] > 1) & (np.asarray(touch.depth)[shaping] > 0)]

    def vibrating(row: int) -> None:
        tool, mine = tools[row], stable[np.asarray(touch.tool)[stable] == row]
        if not len(mine) or tool.kind == "drill" or tool.pitch or tool.tooth_helix or tool.serration_wavelength:
            return
        some = jax.tree.map(itemgetter(mine), touch)
        rows, constant = (some, speed[mine], spindle[mine]), (mills, scenario.material.coefficients, modes[row])
        key = content_key(*rows, *constant, source_key(CODE / "cutting" / "form"))
        walls, _ = cached(
            twin.CACHE / "walls",
            key,
            Walls,
            lambda: in_blocks(lambda block: _walls(surface_error(*(*block, *constant))), rows, WALLS),
        )
        static[mine[walls.shaped]] = walls.displacement[walls.shaped]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(vibrating, range(len(tools))))
    return static


@register_dataclass
@dataclass(frozen=True)
class Walls:
    """What the vibration of a tool does to the walls it shapes."""

    shaped: np.ndarray  # (segment,) bool: the segment shapes a wall
    displacement: np.ndarray  # (segment, 3) [m] of the tool as it does


def _walls(error: SurfaceError) -> Walls:
    return Walls(np.asarray(np.asarray(error.shaped).any(axis=1)), np.asarray(wall_displacement(error)))
