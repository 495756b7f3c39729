"""The logs of the eight NIST plates through `twin validate`: fitted and unseen plates apart.

Run: ``python tests/validation/validate_plates.py``. The controller's parameters were fitted to windows of plates 1 and
10 (identify_hurco.py); plates 2, 8 and 11 have feeds that these do not have, 13, 16 and 19 repeat them on other tools.
Columns: windows of uninterrupted cutting (R2, RMSE [s], total [%]); then seconds measured and predicted of the
stretches with cutting only, with rapids among them, and of the whole program without stops for the operator.
``--picture FILE.png`` draws the windows.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "hardware"), str(Path(__file__).parent)]

from nist_runs import IDENTIFIED_ON, NEW_FEEDS, REPEATS, scores  # noqa: E402
from plate_run import timed_run  # noqa: E402

from hardware.validation import Validation, validate  # noqa: E402
from twin.data import recording  # noqa: E402

GROUPS = {"fitted": IDENTIFIED_ON, "unseen, new feeds": NEW_FEEDS, "unseen, repeats": REPEATS}
KINDS = ("cutting only", "rapids among them")


def row(name: str, found: list[Validation]) -> str:
    """One line of the table, of one plate or several together."""
    measured, predicted = (np.concatenate([getattr(v.windows, k) for v in found]) for k in ("measured", "predicted"))
    r2, rmse, total = scores(predicted, measured)
    cells = f"{name:>20s} {len(measured):8d} {r2:7.4f} {rmse:7.3f} {100 * total:+7.2f}"
    for kinds in ((KINDS[0],), (KINDS[1],), None):
        sums = np.zeros(2)
        for v in found:
            stops = np.char.startswith(v.spans.kind.astype(str), "program stop")
            own = ~stops if kinds is None else np.isin(v.spans.kind, kinds)
            sums += v.spans.measured[own].sum(), v.spans.predicted[own].sum()
        cells += f" {sums[0]:9.0f} {sums[1]:9.0f} {100 * (sums[1] / sums[0] - 1):+6.1f}"
    return cells


def draw(found: dict[str, list[Validation]], file: Path) -> None:
    """Windows of cutting, predicted against measured, fitted and unseen plates apart."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for axis, (group, rows) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        measured, predicted = (np.concatenate([getattr(v.windows, k) for v in rows]) for k in ("measured", "predicted"))
        r2, rmse, _ = scores(predicted, measured)
        axis.axhline(0, color="black", linewidth=0.5)
        axis.axhspan(-0.11, 0.11, color="black", alpha=0.12, linewidth=0)
        axis.plot(measured, predicted - measured, ".", markersize=3, color="#1f4e79")
        axis.set_title(f"{group}\n{len(measured)} windows, R² {r2:.4f}, RMSE {rmse:.3f} s", fontsize=10)
        axis.set_xlabel("measured time of a window of cutting [s]")
        axis.set_ylim(-1, 1)
    figure.axes[0].set_ylabel("predicted minus measured [s]")
    figure.savefig(file, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, metavar="FILE.png")
    options = parser.parse_args()
    table: dict[str, list[Validation]] = {}
    head = "".join(f" {name:>26s}" for name in ("cutting only s", "rapids among them s", "all but stops s"))
    print(f"{'plate':>20s} {'windows':>8s} {'R2':>7s} {'RMSE_s':>7s} {'tot_%':>7s}{head}")
    with tempfile.TemporaryDirectory() as folder:
        for group, plates in GROUPS.items():
            found = []
            for plate in plates:
                run = timed_run(Path(folder) / str(plate), plate)
                log = recording(f"nist_plates/plate_{plate:02d}.shdr.gz")
                found.append(validate(log, run, channel_map=Path("hurco_shdr"), limits="nist_plate"))
                print(row(str(plate), found[-1:]), flush=True)
            print(row(group, found), flush=True)
            table[group] = found
    if options.picture:
        draw(table, options.picture)


if __name__ == "__main__":
    main()
