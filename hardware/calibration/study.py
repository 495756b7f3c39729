"""Does a calibration say the truth? Many simulated machines with hidden parameters, each calibrated and judged.

Only here a calibration meets the hidden values, after it is done. Every machine runs the same commands on the
identification program with noise of its own; then its parameters predict another program that it never saw.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from hardware.calibration.estimate import calibrated
from hardware.calibration.observations import Bench, bench_of, observations, recording_parameters
from hardware.calibration.recorded import read_recorded
from hardware.priors import priors
from hardware.recording import Header
from hardware.simulated.hidden import hidden_parameters
from hardware.simulated.plant import Commands, simulated_machine
from hardware.simulated.record import record
from twin.calibration.fit import predicted
from twin.calibration.parameters import medians
from twin.calibration.posterior import WITHIN_95
from twin.prediction import Machining
from twin.scenario import Scenario

NEST = {"temperatures and drift": slice(-3, None)}  # columns that are judged: of the slow channels, the drift


@dataclass(frozen=True)
class Program:
    """A scenario, as the twin machined it, and what the controller commanded."""

    scenario: Scenario
    machining: Machining
    commands: Commands


@dataclass(frozen=True)
class Judged:
    """One machine: errors of the parameters in posterior deviations, and of the prediction of the other program."""

    seed: int
    error: dict[str, float]  # parameter -> (found - true) / posterior deviation
    left: dict[str, float]  # parameter -> part of the prior's variance that is left
    before: dict[str, float]  # kind of reading -> rms error of the prediction from the priors' medians
    after: dict[str, float]  # the same, calibrated

    @property
    def coverage(self) -> float:
        """Part of the parameters within their 95 % interval."""
        return float(np.mean([abs(e) <= WITHIN_95 for e in self.error.values()]))


def judge(seed: int, known: Program, unseen: Program) -> Judged:
    """Hide the parameters of ``seed``, calibrate on ``known``, predict ``unseen``."""
    truth = hidden_parameters(known.scenario, seed)
    found = calibrated([_recorded(known, seed)])
    deviation = np.sqrt([e.variance_left for e in found.estimates])
    parameters = {p.name: (p, z) for p, z in zip(found.fit.parameters, found.fit.z.tolist(), strict=True)}
    error, left = {}, {}
    for estimate, sigma in zip(found.estimates, deviation.tolist(), strict=True):
        parameter, z = parameters[estimate.name]
        error[estimate.name] = (z - parameter.z(truth[estimate.name])) / sigma
        left[estimate.name] = estimate.variance_left
    other = _recorded(unseen, seed)
    return Judged(seed, error, left, *_prediction_errors(other, truth, found.values))


def covered(judged: Sequence[Judged], names: Sequence[str]) -> tuple[float, float]:
    """Pooled coverage of the 95 % intervals of ``names`` and its 95 % half width, machines as clusters."""
    shares = [np.mean([abs(j.error[n]) <= WITHIN_95 for n in names]) for j in judged]
    half = student.ppf(0.975, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares))
    return float(np.mean(shares)), float(half)


def squared_error(judged: Sequence[Judged], names: Sequence[str]) -> float:
    """Mean squared normalised error of ``names``."""
    return float(np.mean([[j.error[n] ** 2 for n in names] for j in judged]))


def hits(judged: Sequence[Judged], name: str) -> int:
    """Machines of which ``name`` lies within its 95 % interval."""
    return sum(abs(j.error[name]) <= WITHIN_95 for j in judged)


def _recorded(program: Program, seed: int) -> Bench:
    """Run ``program`` on the machine of ``seed``; through a file, as on a bench."""
    plant = simulated_machine(program.scenario, program.machining, seed=seed, noise_seed=seed, nest=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording.arrows"
        record(plant, program.commands, file, Header(source="simulated", started=""))
        return bench_of(program.scenario, program.machining, read_recorded(file))


def _prediction_errors(
    bench: Bench, truth: dict[str, float], found: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Rms error against the machine without noise, by kind of reading, from the priors' medians and calibrated."""
    parameters, own = priors(bench.scenario.config), recording_parameters(bench)
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for seen in observations(bench, (*parameters, *own)):
        weighed = np.isfinite(seen.deviation)
        columns = NEST.get(seen.name, slice(None))
        true = predicted(seen, truth | medians(own))
        for values, rms in ((medians(parameters), before), (found, after)):
            error = np.where(weighed, predicted(seen, values | medians(own)) - true, 0.0)[:, columns]
            rms[seen.name] = float(np.sqrt(np.sum(error**2) / max(weighed[:, columns].sum(), 1)))
    return before, after
