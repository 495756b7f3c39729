"""Predicted against measured 4 mm holes of the NIST plates, short and long tools, nothing fitted.

Run: ``python tests/validation/nist_holes.py [plate ...]``. Prints, for each plate, the mean deviation from 4 mm of the
eight holes and its range, as two laboratories measured it and as the twin predicts it, what the prediction is made of,
and how much of its volume the tool cuts with chatter. The tool's teeth, stiffness and true diameter are not recorded:
short-tool plates show that offset, long-tool plates what chatter does to the surface, which the twin does not model.
"""

import sys

import numpy as np

from twin.measured import measured
from twin.scenario import load_scenario
from twin.simulate import simulate
from twin.units import MM, UM

PLATES = (1, 2, 8, 19, 10, 11, 13, 16)
LONG = (10, 11, 13, 16)
HOLES = ("hole_70_5", "hole_60_5", "hole_50_5", "hole_5_45", "hole_5_35", "hole_5_25", "hole_107_51", "hole_107_31")


def main() -> None:
    plates = tuple(int(word) for word in sys.argv[1:]) or PLATES
    print("deviation of eight holes from 4 mm [um]: mean (lowest to highest)")
    names = ("mtc_nikon", "nist_mitutoyo", "predicted", "chatter of T5")
    print(f"{'plate':>5s} {'tools':6s} " + " ".join(f"{name:>24s}" for name in names) + "   of which")
    for plate in plates:
        report = measured("nist_plate", plate)
        assert report is not None
        result = simulate(load_scenario("scenario=nist_plate", f"scenario.plate={plate}"))
        features = result["features"]
        chosen = np.isin(features["name"], HOLES) & (features["characteristic"].values == "diameter")
        found = features.isel(feature=np.flatnonzero(chosen))
        columns = [_range((report.value[k] - 4 * MM)[_rows(report)] / UM, report, k) for k in range(2)]
        parts = found["contribution_um"].mean("feature")
        names = parts["contributor"].values
        share = ", ".join(f"{name} {float(v):+.1f}" for name, v in zip(names, parts, strict=True))
        predicted = _text(found["error_um"].values)
        tools = "long" if plate in LONG else "short"
        columns += [predicted, _chatter(result)]
        print(f"{plate:5d} {tools:6s} " + " ".join(f"{text:>24s}" for text in columns) + f"   {share}")


def _chatter(result) -> str:
    """Part of its volume that the tool of the holes cuts with chatter, and the median of its margin."""
    segments = result["segments"]
    margin = segments["chatter_margin"].values
    mine = (segments["tool"].values == 5) & (segments["removed_mm3"].values > 0) & np.isfinite(margin)
    volume = segments["removed_mm3"].values[mine]
    return f"{100 * volume[margin[mine] < 1].sum() / volume.sum():.0f} % (margin {np.median(margin[mine]):.2f})"


def _rows(report) -> np.ndarray:
    return np.array([n in HOLES and c == "diameter" for n, c in zip(report.name, report.characteristic, strict=True)])


def _range(values: np.ndarray, report, laboratory: int) -> str:
    rows = _rows(report)
    low, high = report.lowest[laboratory, rows] / UM - 4000, report.highest[laboratory, rows] / UM - 4000
    return f"{values.mean():+.0f} ({low.min():+.0f} to {high.max():+.0f})"


def _text(values: np.ndarray) -> str:
    return f"{values.mean():+.0f} ({values.min():+.0f} to {values.max():+.0f})"


if __name__ == "__main__":
    main()
