"""Which test to make next: runs, cuts, sensors and where they stand, ranked by what they would add to a calibration.

Nothing is measured: each candidate is the observation that it would be, at the parameters found so far.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hardware.calibration.estimate import Calibration
from hardware.calibration.observations import XYZ, Bench, heat, observations, recording_parameters
from hardware.calibration.predictions import AIR
from hardware.calibration.suggest_cuts import cut_candidates
from twin.calibration.design import Worth, next_tests
from twin.calibration.fit import Observation, information_of
from twin.calibration.parameters import Parameter
from twin.units import MM, RPM

HOURS, STEP = 8.0, 20.0  # of a thermal test; [s]
FAST, FEED = 12000 * RPM, 0.2  # [rad/s] of the spindle, [m/s] of an axis
NEST = 0.3  # [um] deviation of a displacement nest that was not there, as data sheets state it
WARMER = 5.0  # [K] of a coolant that is not chilled, above the air


def suggested(found: Calibration, bench: Bench, n: int = 5) -> tuple[Worth, ...]:
    """The best ``n`` of the candidates, each beside those before it; gains in nats of the posterior's volume."""
    machine = [p for p in found.fit.parameters if p.name in {e.name for e in found.estimates}]
    own = recording_parameters(bench)
    parameters = (*machine, *own)
    z = np.concatenate([found.fit.z[: len(machine)], np.zeros(len(own))])
    size = len(machine)
    candidates = {
        name: _of_machine(information_of(parameters, seen, z), size)
        for name, seen in _candidates(bench, parameters).items()
    }
    return next_tests(found.fit.information[:size, :size], candidates, n=n)


def _candidates(bench: Bench, parameters: tuple[Parameter, ...]) -> dict[str, list[Observation]]:
    """Name -> what it would read."""
    found = {f"the same run again: {seen.name}": [seen] for seen in observations(bench, parameters)}
    found |= cut_candidates(bench, tuple(p.name for p in parameters if p.name.startswith("material.")))
    names = tuple(p.name for p in parameters if p.name.startswith(("machine.thermal.", AIR)))
    base = heat(bench, names)
    steps = round(HOURS * 3600 / STEP)
    first_half = np.arange(steps) < steps // 2
    runs: dict[str, dict[str, np.ndarray]] = {}
    for axis in range(3):
        speed = np.zeros((steps, 3))
        speed[first_half, axis] = FEED
        runs[f"axis {XYZ[axis].upper()} to and fro, then rest"] = {"axis_speed": speed}
    runs["spindle at 12,000 rpm, then rest"] = {"spindle_speed": FAST * first_half}
    flooded = {"flood": first_half.astype(float), "coolant": np.full(steps, _mean_air(parameters) + WARMER)}
    runs[f"flood coolant {WARMER:g} K above the air, then none"] = flooded
    for run, driven in runs.items():
        for sensors, place, nest in _poses(bench, base):
            found[f"{HOURS:g} h: {run}{sensors}"] = [_heated(base, place, nest, **driven)]
    return found


def _poses(bench: Bench, base: Observation) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Words, axis position (3,) [m] and deviation of the nest (3,) [um] of each way to watch a run.

    The sensors that were there; and with a displacement nest where the tool stood at first, and at the farther end of
    the travel of each axis: how far a scale's growth shows depends on where it is read.
    """
    here, finest = base.inputs["axis_position"][0], np.min(base.deviation[:, -3:], axis=0)
    yield "", here, finest
    nest = np.where(np.isfinite(finest), finest, NEST)
    if not np.isfinite(finest).all():
        yield "; displacement nest", here, nest
    for k, name in enumerate("XYZ"):
        axis = bench.scenario.machine.axes[name]
        far = max(axis.travel_min, axis.travel_max, key=lambda end: abs(end - here[k]))
        yield f"; displacement nest at {name} {far / MM:,.0f} mm", np.where(np.arange(3) == k, far, here), nest


def _heated(base: Observation, place: np.ndarray, nest: np.ndarray, **driven: np.ndarray) -> Observation:
    """``base`` over HOURS with these inputs, everything else at rest, its sensors, read at ``place``."""
    steps = round(HOURS * 3600 / STEP)
    rest = {"spindle_speed": (steps,), "axis_speed": (steps, 3), "cutting_power": (steps,), "flood": (steps,)}
    inputs = dict(base.inputs) | {name: np.zeros(shape) for name, shape in rest.items()} | {"coolant": np.zeros(steps)}
    inputs |= driven | {"step": STEP, "knot": np.linspace(0, HOURS * 3600, len(base.inputs["knot"]))}
    inputs["axis_position"] = np.tile(place, (steps + 1, 1))
    finest = np.append(np.min(base.deviation[:, :-3], axis=0), nest)
    deviation = np.tile(np.where(np.isfinite(finest), finest, np.inf), (steps + 1, 1))
    return replace(base, inputs=inputs, measured=np.zeros(deviation.shape), deviation=deviation)


def _mean_air(parameters: tuple[Parameter, ...]) -> float:
    return float(np.mean([p.median for p in parameters if p.name.startswith(AIR)]))


def _of_machine(information: np.ndarray, size: int) -> np.ndarray:
    """What is left of it for the machine's parameters once those of the recording are fitted along."""
    block, across = information[size:, size:] + np.eye(len(information) - size), information[:size, size:]
    return information[:size, :size] - across @ np.linalg.solve(block, across.T)
