"""From a recording to observations: which channels show which parameters, at what inputs.

What is used as input is what the controller recorded (commanded positions, speeds, NC line) and, for heat, the measured
spindle power and the air. Gaps, bad samples and channels that are not there have no weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardware.calibration.predictions import (
    AIR,
    ZERO,
    cutting_loads,
    drive_forces,
    scale_readings,
    temperatures_and_drift,
)
from hardware.calibration.recorded import Recorded
from hardware.path_position import path_of, segments_at
from hardware.segment_loads import POWER, SegmentLoads, segment_loads
from hardware.thermal_part import part_on_table
from twin.calibration.fit import Observation, padded
from twin.calibration.parameters import Parameter
from twin.cutting.basis import COEFFICIENTS
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.simulate import axis_positions
from twin.units import MM, RPM, UM

XYZ = "xyz"
REST = 1e-5  # [m/s] slower counts as standing: positions are recorded in steps of 1 nm
MOST_SERVO = 1 << 17  # samples of the servo that are used, from the beginning
SERVO_ROW = 64  # the twin filters so many samples at once
SETTLING_TRAVEL = 2e-3  # [m] after which play and friction have forgotten how they began
MOST_CUTS = 1 << 17  # samples of the cut that are used, evenly
SLOW = 1.0  # [s] step of everything thermal
KNOT = 600.0  # [s] between knots of the air at least
MOST_KNOTS = 16
ZERO_SPREAD = 10.0  # [um] prior of the zero of a scale
AIR_SPREAD = 5.0  # [K] prior of the air about the mean of its readings, or of the environment without one


@dataclass(frozen=True)
class Bench:
    """A recorded run beside what the twin made of the same program."""

    scenario: Scenario
    machining: Machining
    recorded: Recorded
    segment: np.ndarray  # (sample,) of the toolpath, -1 none
    cutting: np.ndarray  # (sample,) bool
    table: SegmentLoads


def bench_of(scenario: Scenario, machining: Machining, recorded: Recorded) -> Bench:
    """``recorded`` beside ``machining``, with the segment of every sample."""
    tip = recorded.commanded - np.asarray(scenario.part.part_zero)
    segment = segments_at(path_of(machining.toolpath), tip, recorded.line)
    table = segment_loads(scenario, machining.toolpath, machining.contact)
    cutting = table.cutting(segment, recorded.input("path_speed_mm_s"), recorded.input("spindle_speed_rpm"))
    return Bench(scenario, machining, recorded, segment, cutting, table)


def recording_parameters(bench: Bench, number: int = 1) -> tuple[Parameter, ...]:
    """What is unknown of the recording of that ``number`` and says nothing of the machine: zeros of scales, the air."""
    air = bench.recorded.input("ambient_degc", bench.scenario.environment.ambient_mean)
    zeros = [(f"{ZERO}{axis}", 0.0, ZERO_SPREAD) for axis in XYZ]
    knots = [(f"{AIR}{knot}", float(np.mean(air)), AIR_SPREAD) for knot in range(len(_knots(bench)))]
    return tuple(
        Parameter(name=f"{name}, recording {number}", median=median, spread=spread, kind="normal")
        for name, median, spread in zeros + knots
    )


def observations(bench: Bench, parameters: Sequence[Parameter]) -> list[Observation]:
    """Everything that the recording tells, kind by kind; kinds of which it has no channel are left out.

    Args:
        parameters: of the machine, and of this recording.
    """
    names = tuple(p.name for p in parameters)
    found = [servo(bench, (*_of(names, "controller."), *_of(names, ZERO)))]
    found += [drives(bench, _of(names, "machine.thermal.feed_drives."))]
    found += cuts(bench, _of(names, "material."))
    found += [heat(bench, (*_of(names, "machine.thermal."), *_of(names, AIR)))]
    return [seen for seen in found if seen.n_samples and seen.parameters]


def servo(bench: Bench, names: tuple[str, ...], most: int = MOST_SERVO) -> Observation:
    """Scales against commands, at most so many samples from the program's first line on.

    An axis counts once it has travelled a little: on which side of its play it stood at first is not known.
    """
    recorded = bench.recorded
    first = int(np.argmax(recorded.line > 0))  # before, a controller may command what the scales read
    n = min(len(recorded.time) - first - recorded.lag, most)
    size = max(1 << max(n - 1, 0).bit_length(), SERVO_ROW)
    commanded = recorded.commanded[first : first + n]
    late = slice(first + recorded.lag, first + recorded.lag + n)
    spread = np.array([recorded.deviation(f"{a}_actual_mm") for a in XYZ]) * MM / UM
    measured = (recorded.actual[late] - commanded) / UM
    travelled = np.cumsum(np.abs(np.diff(commanded, axis=0, prepend=commanded[:1])), axis=0)
    fine = recorded.good[late, None] & np.isfinite(measured) & (travelled > SETTLING_TRAVEL)
    return Observation(
        "scales",
        scale_readings,
        {
            "controller": bench.scenario.controller,
            "commanded": padded_edge(commanded, size),
            "period": recorded.period,
        },
        padded(measured, size, 0.0),
        padded(np.where(fine, spread, np.inf), size, np.inf),
        names,
    )


def drives(bench: Bench, names: tuple[str, ...]) -> Observation:
    """Drive forces outside the cut: friction and mass."""
    recorded = bench.recorded
    n = min(len(recorded.time), MOST_SERVO)
    size = 1 << (n - 1).bit_length()
    speed = np.diff(recorded.commanded[:n], axis=0, prepend=recorded.commanded[:1]) / recorded.period
    acceleration = np.diff(speed, axis=0, prepend=speed[:1]) / recorded.period
    speed = np.where(np.abs(speed) > REST, speed, 0.0)
    channels = [f"{a}_drive_force_n" for a in XYZ]
    measured = np.stack([recorded.channel(c)[:n] for c in channels], axis=1)
    free = recorded.good[:n] & ~bench.cutting[:n]
    deviation = np.array([recorded.deviation(c) for c in channels])
    return Observation(
        "drive forces",
        drive_forces,
        {
            "network": bench.scenario.machine.thermal,
            "speed": padded(speed, size, 0.0),
            "acceleration": padded(acceleration, size, 0.0),
            "cutting_force": np.zeros((size, 3)),
        },
        padded(measured, size, 0.0),
        padded(np.where(free[:, None] & np.isfinite(measured), deviation, np.inf), size, np.inf),
        names,
    )


def cuts(bench: Bench, names: tuple[str, ...]) -> list[Observation]:
    """Spindle power, and forces where a dynamometer was there; samples of the cut alone."""
    recorded = bench.recorded
    rows = np.flatnonzero(bench.cutting & recorded.good)
    if not rows.size:
        return []
    rows = rows[:: -(-len(rows) // MOST_CUTS)]
    speed, spindle = recorded.input("path_speed_mm_s") * MM, np.abs(recorded.input("spindle_speed_rpm")) * RPM
    unit = bench.table.along(bench.segment[rows], speed[rows], spindle[rows])
    size = 1 << (len(rows) - 1).bit_length()
    found = []
    for kind, channels, columns in (
        ("spindle power", ["spindle_power_w"], [POWER]),
        ("forces", [f"force_{a}_n" for a in XYZ], [0, 1, 2]),
    ):
        measured = np.stack([recorded.channel(c)[rows] for c in channels], axis=1)
        deviation = np.where(np.isfinite(measured), np.array([recorded.deviation(c) for c in channels]), np.inf)
        mine = padded(unit[:, :, columns], size, 0.0)
        shown = tuple(n for n in names if np.any(mine[:, COEFFICIENTS.index(coefficient(n))]))
        inputs = {"coefficients": bench.scenario.material.coefficients, "unit": mine}
        found.append(
            Observation(
                kind, cutting_loads, inputs, padded(measured, size, 0.0), padded(deviation, size, np.inf), shown
            )
        )
    return found


def heat(bench: Bench, names: tuple[str, ...]) -> Observation:
    """Temperatures and the displacement nest, once a slow step."""
    recorded, scenario = bench.recorded, bench.scenario
    per_step = round(SLOW / recorded.period)
    n = (len(recorded.time) - 1) // per_step
    size = 1 << max(n - 1, 1).bit_length()

    def mean(values: np.ndarray) -> np.ndarray:
        steps = values[: n * per_step].reshape(n, per_step, *values.shape[1:]).mean(axis=1)
        return np.concatenate([steps, np.zeros((size - n, *steps.shape[1:]))])

    speed = np.abs(np.diff(recorded.commanded, axis=0, prepend=recorded.commanded[:1])) / recorded.period
    model = part_on_table(scenario, bench.machining.cut)
    place = np.asarray(scenario.part.machine_position) - np.asarray(scenario.part.part_zero)
    at = np.arange(n + 1) * per_step
    position = recorded.commanded[at] + place
    length = axis_positions(scenario, bench.machining.toolpath)[1]
    position[:, 2] += length[np.maximum.accumulate(np.maximum(bench.segment, 0))[at]]
    environment = scenario.environment
    coolant = recorded.input("coolant_degc", environment.coolant)[: n * per_step].mean()
    power = np.where(bench.cutting, recorded.input("spindle_power_w", 0.0), 0.0)
    inputs: dict[str, Any] = {
        "model": model,
        "step": SLOW,
        "spindle_speed": mean(np.abs(recorded.input("spindle_speed_rpm"))) * RPM,
        "axis_speed": mean(speed),
        "cutting_power": mean(power),
        "flood": mean((bench.segment >= 0) & (bench.machining.toolpath.coolant[bench.segment] & 2 > 0)),
        "coolant": np.full(size, coolant),
        "knot": _knots(bench),
        "workpiece_share": scenario.material.workpiece_share,
        "warm_up_speed": environment.warm_up_spindle_speed,
        "warm_up": environment.warm_up,
        "axis_position": padded_edge(position, size + 1),
    }
    channels = [f"{node}_degc" for node in (*model.nodes, "ambient")] + [f"nest_{a}_um" for a in XYZ]
    measured = np.stack([recorded.channel(c)[at] for c in channels], axis=1)
    spread = np.array([recorded.deviation(c) for c in channels])
    deviation = np.where(np.isfinite(measured) & recorded.good[at, None], spread, np.inf)
    return Observation(
        "temperatures and drift",
        temperatures_and_drift,
        inputs,
        padded(measured, size + 1, 0.0),
        padded(deviation, size + 1, np.inf),
        tuple(n for n in names if not n.endswith("moving_mass_kg")),
    )


def coefficient(name: str) -> str:
    """'ktc' of ``material.cutting[...].ktc_n_mm2``."""
    return name.rpartition(".")[2].split("_")[0]


def padded_edge(values: np.ndarray, n: int) -> np.ndarray:
    """``values`` (sample, ...) lengthened to ``n`` samples by its last."""
    return np.pad(values, [(0, n - len(values))] + [(0, 0)] * (values.ndim - 1), mode="edge")


def _of(names: tuple[str, ...], root: str) -> tuple[str, ...]:
    return tuple(name for name in names if name.startswith(root))


def _knots(bench: Bench) -> np.ndarray:
    """(knot,) [s] of the air, over the whole recording."""
    end = bench.recorded.time[-1]
    return np.linspace(0.0, end, int(np.clip(np.ceil(end / KNOT) + 1, 2, MOST_KNOTS)))
