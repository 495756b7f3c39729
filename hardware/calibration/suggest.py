"""Which test to make next: runs of the machine and sensors, ranked by what they would add to a calibration.

Nothing is measured: each candidate is the observation that it would be, at the parameters found so far.
"""

from dataclasses import replace

import numpy as np

from hardware.calibration.estimate import Calibration
from hardware.calibration.observations import XYZ, Bench, heat, observations, recording_parameters
from hardware.calibration.predictions import AIR
from twin.calibration.design import Worth, next_tests
from twin.calibration.fit import Observation, information_of
from twin.calibration.parameters import Parameter
from twin.units import RPM

HOURS, STEP = 8.0, 20.0  # of a thermal test; [s]
FAST, FEED = 12000 * RPM, 0.2  # [rad/s] of the spindle, [m/s] of an axis
WARMER = 5.0  # [K] of a coolant that is not chilled, above the air


def suggested(found: Calibration, bench: Bench, n: int = 3) -> tuple[Worth, ...]:
    """The best ``n`` of the candidates, each beside those before it; gains in nats of the posterior's volume."""
    machine = [p for p in found.fit.parameters if p.name in {e.name for e in found.estimates}]
    own = recording_parameters(bench)
    parameters = (*machine, *own)
    z = np.concatenate([found.fit.z[: len(machine)], np.zeros(len(own))])
    size = len(machine)
    candidates = {
        name: _of_machine(information_of(parameters, [seen], z), size)
        for name, seen in _candidates(bench, parameters).items()
    }
    return next_tests(found.fit.information[:size, :size], candidates, n=n)


def _candidates(bench: Bench, parameters: tuple[Parameter, ...]) -> dict[str, Observation]:
    """Name -> what it would read."""
    found = {f"the same run again: {seen.name}": seen for seen in observations(bench, parameters)}
    names = tuple(p.name for p in parameters if p.name.startswith(("machine.thermal.", AIR)))
    base = heat(bench, names)
    steps = round(HOURS * 3600 / STEP)
    first_half = np.arange(steps) < steps // 2
    for axis in range(3):
        speed = np.zeros((steps, 3))
        speed[first_half, axis] = FEED
        found[f"{HOURS:g} h: axis {XYZ[axis].upper()} to and fro, then rest"] = _heated(base, axis_speed=speed)
    found[f"{HOURS:g} h: spindle at 12,000 rpm, then rest"] = _heated(base, spindle_speed=FAST * first_half)
    flooded = {"flood": first_half.astype(float), "coolant": np.full(steps, _mean_air(parameters) + WARMER)}
    found[f"{HOURS:g} h: flood coolant {WARMER:g} K above the air, then none"] = _heated(base, **flooded)
    return found


def _heated(base: Observation, **driven: np.ndarray) -> Observation:
    """``base`` over HOURS with these inputs, everything else at rest, all sensors that it has and a nest."""
    steps = round(HOURS * 3600 / STEP)
    rest = {"spindle_speed": (steps,), "axis_speed": (steps, 3), "cutting_power": (steps,), "flood": (steps,)}
    inputs = dict(base.inputs) | {name: np.zeros(shape) for name, shape in rest.items()} | {"coolant": np.zeros(steps)}
    inputs |= driven | {"step": STEP, "knot": np.linspace(0, HOURS * 3600, len(base.inputs["knot"]))}
    inputs["axis_position"] = np.tile(base.inputs["axis_position"][:1], (steps + 1, 1))
    finest = np.min(base.deviation, axis=0)
    deviation = np.tile(np.where(np.isfinite(finest), finest, np.inf), (steps + 1, 1))
    return replace(base, inputs=inputs, measured=np.zeros(deviation.shape), deviation=deviation)


def _mean_air(parameters: tuple[Parameter, ...]) -> float:
    return float(np.mean([p.median for p in parameters if p.name.startswith(AIR)]))


def _of_machine(information: np.ndarray, size: int) -> np.ndarray:
    """What is left of it for the machine's parameters once those of the recording are fitted along."""
    block, across = information[size:, size:] + np.eye(len(information) - size), information[:size, size:]
    return information[:size, :size] - across @ np.linalg.solve(block, across.T)
