"""Change charts on three days of NIST's Mazak, presumed healthy: is there a false alarm?

Run: ``python tests/validation/mazak_faults.py [--window 1.0] [--rate 0.001] [--pictures FOLDER]``. The first day (11 h)
is the baseline, the other two (11 h and 8 h, seven months and a year later) are monitored, hour by hour. Nobody noted
faults of this machine, nor that there were none. Prints each indicator with its scatter and its highest sum. No
recording with a known fault was at hand: what the charts miss on a real machine, nobody can say from these days.
"""

import argparse
from pathlib import Path

import numpy as np

from hardware.faults.indicators import series
from hardware.faults.log_indicators import Window, windows
from twin.data import recording
from twin.production.faults.change import Chart, chart, threshold_of
from twin.units import HOUR
from twin.view.faults import draw_evidence

DAYS = tuple(f"Mazak01-{name}.shdr.gz" for name in ("20161129-20161130", "20170627-20170628", "20171115-20171116"))


def charts_of(seen: list[Window], rate: float) -> dict[str, tuple[np.ndarray, np.ndarray, Chart, int]]:
    """Indicator -> values, uncertainties, chart, values in the baseline; those too rare on the first day left out."""
    first = sum(window.file == seen[0].file for window in seen)
    found = series([window.indicators for window in seen])
    baseline = {name: int(np.isfinite(v[:first]).sum()) for name, (v, _) in found.items()}
    enough = {name: n for name, n in baseline.items() if n >= 6}
    return {
        name: (*found[name], chart(*found[name], n, threshold_of(rate, len(enough))), n) for name, n in enough.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--window", type=float, default=1.0, help="length of a window [h]")
    parser.add_argument("--rate", type=float, default=1e-3, help="false alarms a window of the whole machine")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    seen = [w for day in DAYS for w in windows(Path(recording(f"nist_mazak_spindle/{day}")), options.window * HOUR)]
    found = charts_of(seen, options.rate)
    of_day = [sum(w.file == day for w in seen) for day in DAYS]
    print(
        f"windows of {options.window:g} h: {of_day[0]} in the baseline day, {of_day[1]} and {of_day[2]} in the others"
    )
    print(f"{'indicator':18} {'judged':>7} {'baseline':>18} {'later':>18} {'highest sum':>12} {'threshold':>10}  alarm")
    for name, (value, uncertainty, judged, n) in found.items():
        good = value[np.isfinite(judged.score)]
        base = value[np.isfinite(value)][:n]
        at = None if judged.alarm is None else seen[judged.alarm]
        alarm = f"{at.file[8:16]} at {at.start / HOUR:g} h" if at else "none"
        print(
            f"{name:18} {len(good):7d} {base.mean():9.2f} ± {base.std(ddof=1):6.2f} {good.mean():9.2f} ± "
            f"{good.std(ddof=1):6.2f} {np.nanmax(judged.level):12.1f} {judged.threshold:10.1f}  {alarm}"
        )
        if options.pictures:
            title = f"NIST Mazak, windows of {options.window:g} h"
            draw_evidence(name, value, uncertainty, judged, of_day[0], title).savefig(
                options.pictures / f"{name}.png", dpi=100
            )
    alarms = sum(judged.alarm is not None for _, _, judged, _ in found.values())
    print(f"{alarms} alarms in {sum(of_day[1:])} windows; {options.rate * sum(of_day[1:]):.2g} expected")


if __name__ == "__main__":
    main()
