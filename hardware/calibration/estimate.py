"""From recorded runs to a calibrated set of parameters: every run at once, each parameter from all that shows it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from hardware.calibration.observations import Bench, observations, recording_parameters, servo
from hardware.calibration.predictions import ZERO
from hardware.priors import priors
from twin.calibration.fit import Fit, Observation, fit
from twin.calibration.parameters import Parameter
from twin.calibration.posterior import Direction, Estimate, estimates, undetermined
from twin.errors import InputError

LAGS = range(4)  # cycles by which a controller may record its scales late
SAMPLES_OF_LAG = 1 << 14  # that tell the lag
STEPS_OF_LAG = 4  # of a fit whose misfit is compared; that of a wrong lag would settle nowhere


@dataclass(frozen=True)
class Calibration:
    """What recordings say of a machine."""

    fit: Fit  # of the machine's parameters and of what is unknown of each recording
    estimates: tuple[Estimate, ...]  # of the machine's parameters
    undetermined: tuple[Direction, ...]  # combinations of which the prior says more than the recordings
    lags: tuple[int, ...]  # of each recording [cycles]
    n_samples: dict[str, int]  # of each kind of reading

    @property
    def values(self) -> dict[str, float]:
        """Name -> value of the machine's parameters."""
        return {e.name: e.value for e in self.estimates}


def calibrated(benches: Sequence[Bench]) -> Calibration:
    """The most probable parameters of the machine that ran ``benches``.

    Raises:
        InputError: no recording, or one that shows no parameter.
    """
    if not benches:
        raise InputError("nothing to calibrate on", remedy="name at least one recording")
    parameters = {p.name: p for bench in benches for p in priors(bench.scenario.config)}
    more: list[Parameter] = []
    seen: list[Observation] = []
    lags = []
    for number, bench in enumerate(benches, start=1):
        of_recording = recording_parameters(bench, number)
        lag = _lag(bench, (*parameters.values(), *of_recording))
        lags.append(lag)
        own = {p.name: p for p in priors(bench.scenario.config)}
        late = dataclasses.replace(bench, recorded=bench.recorded.late_by(lag))
        some = observations(late, (*own.values(), *of_recording))
        seen += [dataclasses.replace(o, name=f"{o.name}, recording {number}") for o in some] if number > 1 else some
        more += of_recording
    if not seen:
        raise InputError("the recordings show no parameter", remedy="record scales, forces, power or temperatures")
    found = fit((*parameters.values(), *more), seen)
    machine = [e for e in estimates(found) if e.name in parameters]
    weak = [d for d in undetermined(found) if d.parts[0][0] in parameters]
    return Calibration(found, tuple(machine), tuple(weak), tuple(lags), {o.name: o.n_samples for o in seen})


def _lag(bench: Bench, parameters: Sequence[Parameter]) -> int:
    """Cycles by which the scales are recorded after their command: where gain and feed-forward fit best."""
    own = [p for p in parameters if p.name.startswith(ZERO) or p.name.endswith(("gain_per_s", "feed_forward_ratio"))]
    names = tuple(p.name for p in own)
    misfit = {}
    for lag in LAGS:
        late = dataclasses.replace(bench, recorded=bench.recorded.late_by(lag))
        some = servo(late, names, SAMPLES_OF_LAG)
        if not some.n_samples:
            return 0
        misfit[lag] = fit(own, [some], STEPS_OF_LAG).misfit[some.name]
    return min(misfit, key=lambda lag: misfit[lag])
