"""Identifies the jerk of the Hurco's rapids on plates 1 and 10, then predicts the stretches with rapids of all plates.

Run: ``python tests/validation/identify_hurco_rapids.py``. The cutting parameters (identify_hurco.py) stay. A stretch
goes from a logged line to the next; events come some 0.15 s apart, as long as a rapid takes, so only sums over many are
sharp. Overrides are those of the log.
"""

import dataclasses
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "hardware"), str(Path(__file__).parent)]

from nist_runs import IDENTIFIED_ON, NEW_FEEDS, REPEATS  # noqa: E402
from plate_run import timed_run  # noqa: E402

from hardware.validation.channel_map import map_channels, read_map  # noqa: E402
from hardware.validation.logs import Settled, settled  # noqa: E402
from hardware.validation.place import program_time  # noqa: E402
from hardware.validation.predicted import predicted_run  # noqa: E402
from hardware.validation.readings import open_readings, read_frame  # noqa: E402
from hardware.validation.validate import ROLES  # noqa: E402
from twin.config import build  # noqa: E402
from twin.data import recording  # noqa: E402
from twin.motion import Controller, time_law  # noqa: E402

START = 50.0  # [m/s3]


@dataclass(frozen=True)
class Stretches:
    """Of one plate, from a logged line to the next."""

    log: Settled
    rows: np.ndarray  # (stretch + 1,) of the program, where they begin
    measured: np.ndarray  # (stretch,) [s]
    kind: np.ndarray  # (stretch,) str
    controller: Controller

    def predicted(self, controller: Controller) -> np.ndarray:
        """(stretch,) [s]"""
        feed, rapid = self.log.overrides
        time = time_law(self.log.program, controller, feed_override=feed, rapid_override=rapid).time
        return np.diff(time[self.rows])


def stretches(plate: int, folder: Path) -> Stretches:
    """What the log of ``plate`` holds, beside a run of its program that is written into ``folder``."""
    rows = read_map(Path("hurco_shdr"))
    run = predicted_run(timed_run(folder, plate))
    readings = open_readings(recording(f"nist_plates/plate_{plate:02d}.shdr.gz"), rows)
    mapped = map_channels(run.channels | ROLES, readings.channels, rows)
    log = settled(readings, run, mapped)
    frame = read_frame(log.readings, {row.name: row.recorded for row in mapped})
    match = program_time(frame.time, frame.line, frame.tip, log.run)[1]
    kind = log.kinds(match.predicted[:-1], match.predicted[1:])
    controller = build(Controller, run.config["controller"], "controller")
    return Stretches(log, match.predicted, np.diff(frame.time[match.recorded]), kind, controller)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plates = (*IDENTIFIED_ON, *NEW_FEEDS, *REPEATS)
        known = {plate: stretches(plate, Path(folder) / str(plate)) for plate in plates}
    hurco = known[plates[0]].controller

    def residual(log_jerk: np.ndarray) -> np.ndarray:
        trial = dataclasses.replace(hurco, rapid_jerk=float(np.exp(log_jerk[0])))
        off = [(s.predicted(trial) - s.measured)[s.kind == "rapids among them"] for s in fitted]
        return np.concatenate(off)

    fitted = [known[plate] for plate in IDENTIFIED_ON]
    fit = least_squares(residual, [np.log(START)], diff_step=0.1, max_nfev=12)
    jerk = float(np.exp(fit.x[0]))
    spread = jerk * np.sqrt(2 * fit.cost / (len(fit.fun) - 1) / (fit.jac.T @ fit.jac)[0, 0])
    rms = np.sqrt(np.mean(fit.fun**2))
    print(f"fitted on plates {IDENTIFIED_ON}: rapid_jerk {jerk:.3g} +- {spread:.2g} m/s3, rms {rms:.3f} s a stretch")
    print(f"{'plate':>8s} {'rapids among them: measured s':>30s} {'as cuts s':>10s} {'%':>6s} {'so s':>7s} {'%':>6s}")
    for plate, s in known.items():
        some = s.kind == "rapids among them"
        before = s.predicted(dataclasses.replace(hurco, rapid_jerk=hurco.path_jerk))[some].sum()
        after, true = s.predicted(dataclasses.replace(hurco, rapid_jerk=jerk))[some].sum(), s.measured[some].sum()
        off = [100 * (time / true - 1) for time in (before, after)]
        print(f"{plate:8d} {true:30.1f} {before:10.1f} {off[0]:+6.1f} {after:7.1f} {off[1]:+6.1f}", flush=True)


if __name__ == "__main__":
    main()
