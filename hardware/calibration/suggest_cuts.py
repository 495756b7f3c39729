"""Cuts that might be made next: straight ones with a tool at hand, and what power and forces they would show."""

from collections.abc import Iterator

import numpy as np

from hardware.calibration.observations import Bench, coefficient
from hardware.calibration.predictions import cutting_loads
from hardware.segment_loads import POWER, unit_loads
from twin.calibration.fit import Observation
from twin.cutting import Contact, cutters
from twin.cutting.basis import COEFFICIENTS
from twin.machine.tool import Tool
from twin.units import MM, RPM

SECONDS = 10.0  # that each cut lasts, in steady state
DYNAMOMETER = 3.0  # [N] deviation of one that was not there, as data sheets state it
WIDTHS = {"slot": (0.0, 1.0), "half wide, up": (0.0, 0.5), "a tenth wide, down": (0.9, 1.0)}  # engaged, of the diameter
DEPTHS, FEEDS = (0.05, 0.3), (0.002, 0.005, 0.01)  # of the diameter; the feed a tooth
SLICES, ARCS = 16, 2  # of an engagement


def cut_candidates(bench: Bench, names: tuple[str, ...]) -> Iterator[tuple[str, list[Observation]]]:
    """Name and readings of each cut, with spindle power alone and with a dynamometer besides.

    The tool is the program's first end mill, at the spindle speed that was recorded; none without either. Noise is
    averaged over the cut. Whether tool, part and spindle bear a cut is for whoever makes it to judge.

    Args:
        names: of the coefficients that are sought.
    """
    tool = next((tool for tool in bench.scenario.tools.values() if tool.kind == "flat"), None)
    speed = np.abs(bench.recorded.input("spindle_speed_rpm"))
    if tool is None or not (speed > 0).any() or not names:
        return
    turning = float(np.median(speed[speed > 0])) * RPM
    cuts = [(width, depth, feed) for width in WIDTHS for depth in DEPTHS for feed in FEEDS]
    unit = _unit(tool, cuts, turning, bench)
    n = SECONDS / bench.recorded.period
    power = bench.recorded.deviation("spindle_power_w") / np.sqrt(n)
    forces = [bench.recorded.deviation(f"force_{a}_n") for a in "xyz"]
    forces = [(f if np.isfinite(f) else DYNAMOMETER) / np.sqrt(n) for f in forces]
    for k, (width, depth, feed) in enumerate(cuts):
        diameter = tool.diameter / MM
        name = f"{SECONDS:g} s of cut: {width}, {depth * diameter:.3g} mm deep, {feed * diameter:.3g} mm a tooth"
        of_power = _reading(bench, unit[k : k + 1], [POWER], [power], names)
        of_forces = _reading(bench, unit[k : k + 1], [0, 1, 2], forces, names)
        metered = [of_power] if np.isfinite(power) else []
        for sensor, seen in (("spindle power", metered), ("dynamometer", [*metered, of_forces])):
            if shown := [one for one in seen if one.parameters]:
                yield f"{name}; {sensor}", shown


def _unit(tool: Tool, cuts: list[tuple[str, float, float]], turning: float, bench: Bench) -> np.ndarray:
    """Loads per unit of each coefficient (cut, coefficient, quantity)."""
    n = len(cuts)
    arc = np.zeros((n, SLICES, ARCS, 2))
    for k, (width, *_) in enumerate(cuts):  # from the side where a tooth comes in with no chip
        arc[k, :, 0] = np.arccos(1 - 2 * np.array(WIDTHS[width]))
    touch = Contact(
        depth=np.array([depth * tool.diameter for _, depth, _ in cuts]),
        arc=arc,
        ahead=np.tile([1.0, 0.0, 0.0], (n, 1)),
        axis=np.tile([0.0, 0.0, 1.0], (n, 1)),
        advance=np.ones(n),
        descent=np.zeros(n),
        tool=np.zeros(n, np.int32),
    )
    feed = np.array([feed * tool.diameter * tool.n_teeth for *_, feed in cuts]) * turning / (2 * np.pi)
    return np.asarray(
        unit_loads(touch, feed, np.full(n, turning), cutters([tool]), bench.scenario.material.coefficients)
    )


def _reading(
    bench: Bench, unit: np.ndarray, columns: list[int], deviation: list[float], names: tuple[str, ...]
) -> Observation:
    mine = unit[:, :, columns]
    shown = tuple(n for n in names if np.any(mine[:, COEFFICIENTS.index(coefficient(n))]))
    inputs = {"coefficients": bench.scenario.material.coefficients, "unit": mine}
    return Observation("cut", cutting_loads, inputs, np.zeros((1, len(columns))), np.array([deviation]), shown)
