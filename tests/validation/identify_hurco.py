"""Identifies the Hurco of the NIST plates from plates 1 and 10, prints what conf/controller/hurco.yaml carries,
then how well it predicts the six other plates. Run: ``python tests/validation/identify_hurco.py [DATA_FOLDER]``."""

import os
import sys
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from nist_runs import IDENTIFIED_ON, NEW_FEEDS, REPEATS, plate_log, plate_program, plate_windows, scores  # noqa: E402

from twin.config import build  # noqa: E402
from twin.motion import Controller, time_law  # noqa: E402
from twin.motion.identify import identify, window_times  # noqa: E402

FREE = ("corner_step", "centripetal_acceleration", "path_jerk", "settling")


def main() -> None:
    folder = Path(
        sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TWIN_DATA_DIR", ROOT.parent / "shared" / "data")
    )
    controller = build(Controller, yaml.safe_load((ROOT / "conf/controller/hurco.yaml").read_text()))
    programs = {plate: plate_program(folder, plate) for plate in (*IDENTIFIED_ON, *NEW_FEEDS, *REPEATS)}
    logs = {plate: plate_log(folder, plate) for plate in programs}
    runs = [(programs[plate], plate_windows(programs[plate], logs[plate])) for plate in IDENTIFIED_ON]
    found = identify(runs, controller, FREE)
    print(f"fitted on plates {IDENTIFIED_ON}: rms {found.rms:.3f} s")
    for name in FREE:
        value, error = getattr(found.controller, name), found.standard_error[name]
        print(f"  {name:26s} {value:.5g} +- {error:.2g} (SI)")
    for left_out in IDENTIFIED_ON:
        kept = [run for run, plate in zip(runs, IDENTIFIED_ON, strict=True) if plate != left_out]
        other = identify(kept, controller, FREE).controller
        windows = plate_windows(programs[left_out], logs[left_out])
        predicted = window_times(time_law(programs[left_out], other).time, windows)
        print(f"  fitted without plate {left_out}, predicting it: rms {scores(predicted, windows.duration)[1]:.3f} s")
    print(
        f"{'plates':>16s} {'windows':>8s} {'R2':>7s} {'RMSE_s':>7s} {'total_pct':>9s}   with those after tool changes"
    )
    times = {plate: time_law(programs[plate], found.controller).time for plate in programs}
    for group in (IDENTIFIED_ON, NEW_FEEDS, REPEATS, *((plate,) for plate in programs)):
        row = f"{', '.join(map(str, group)):>16s}"
        for after in (40, 0):
            windows = [plate_windows(programs[plate], logs[plate], after_tool_change=after) for plate in group]
            predicted = [window_times(times[plate], w) for plate, w in zip(group, windows, strict=True)]
            r2, rmse, total = scores(np.concatenate(predicted), np.concatenate([w.duration for w in windows]))
            row += f" {sum(len(w.duration) for w in windows):8d} {r2:7.4f} {rmse:7.3f} {100 * total:+9.2f}  "
        print(row)


if __name__ == "__main__":
    main()
