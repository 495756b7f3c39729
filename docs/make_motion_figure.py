"""Draws docs/figures/motion_nist_plates.png: measured against predicted times of the NIST plates' cutting windows.

Run: ``python docs/make_motion_figure.py [DATA_FOLDER]``."""

import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/validation")]

from nist_runs import IDENTIFIED_ON, NEW_FEEDS, REPEATS, plate_log, plate_program, plate_windows, scores  # noqa: E402

from twin.config import build  # noqa: E402
from twin.motion import Controller, time_law  # noqa: E402
from twin.motion.blocks import blocks_of  # noqa: E402
from twin.motion.identify import window_times  # noqa: E402

GROUPS = {
    "1, 10 (identified on)": (IDENTIFIED_ON, "0.6"),
    "2, 8, 11 (new feeds)": (NEW_FEEDS, "tab:blue"),
    "13, 16, 19": (REPEATS, "tab:orange"),
}


def main() -> None:
    default = os.environ.get("TWIN_DATA_DIR", ROOT.parent / "shared" / "data")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    hurco = build(Controller, yaml.safe_load((ROOT / "conf/controller/hurco.yaml").read_text()))
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    for label, (plates, colour) in GROUPS.items():
        naive, predicted, measured = [], [], []
        for plate in plates:
            program = plate_program(folder, plate)
            windows = plate_windows(program, plate_log(folder, plate))
            blocks = blocks_of(program)
            spent = np.where((blocks.length > 0) & np.isfinite(blocks.feed), blocks.length / blocks.feed, 0.0)
            naive.append(window_times(np.concatenate([[0.0], np.cumsum(spent)]), windows))
            predicted.append(window_times(time_law(program, hurco).time, windows))
            measured.append(windows.duration)
        length_feed, time, log = (np.concatenate(part) for part in (naive, predicted, measured))
        for axis, values in ((axes[0], length_feed), (axes[1], time)):
            r2, rmse, total = scores(values, log)
            text = f"{label}: $R^2$ {r2:.3f}, {rmse:.2f} s, {100 * total:+.1f} %"
            axis.plot(log, values, ".", color=colour, markersize=4, label=text)
        axes[2].hist(time - log, bins=np.arange(-0.7, 0.71, 0.05), histtype="step", color=colour, label=label)
    for axis, title in ((axes[0], "length / feed"), (axes[1], "time law of the twin")):
        axis.axline((3, 3), slope=1, color="k", linewidth=0.6)
        axis.set(
            xlim=(2.5, 13), ylim=(1.5, 13), title=title, xlabel="logged time of a window / s", ylabel="predicted / s"
        )
        axis.legend(fontsize=7, title="plates", title_fontsize=7)
    axes[2].set(title="what is left (events come every 0.15 s)", xlabel="predicted - logged / s", ylabel="windows")
    axes[2].legend(fontsize=7, title="plates", title_fontsize=7)
    target = ROOT / "docs/figures/motion_nist_plates.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    main()
