"""Flank wear of NASA's milling tools: a law fitted on all cases but one, predicted for that one.

Run: ``python tests/validation/nasa_wear.py``. Prints for each case measured and predicted wear with the interval of
90 % of a reading on a new tool, and over all cases how many readings the intervals cover. Readings of 0 (a new tool)
have no logarithm and are left out; case 6 has no other. Below it, the KSF turning tools: measured readings against the
order of cuts; they have no time.
"""

from pathlib import Path

import numpy as np

from twin.cutting.wear import WearReadings, fit_wear, predict_wear
from twin.data import recording
from twin.formats.wear_table import MillingWear, read_milling_wear, read_turning_wear
from twin.units import MINUTE, MM, UM

LEVELS = np.array([0.5, 0.8, 0.9, 0.95])
PROBABILITY = np.unique(np.concatenate([(1 - LEVELS) / 2, [0.5], (1 + LEVELS) / 2]))


def readings_of(table: MillingWear) -> WearReadings:
    """Readings above zero; steel is the second material."""
    worn = table.wear > 0
    values = (table.case, table.time, table.wear, table.feed, table.depth, table.material == "steel")
    return WearReadings(*(value[worn] for value in values))


def left_out(readings: WearReadings, group: np.ndarray) -> np.ndarray:
    """Quantiles (probability, reading) [m] of each reading, from a fit to the other groups (reading,) of readings."""
    quantiles = np.full((len(PROBABILITY), len(readings.tool)), np.nan)
    for one in np.unique(group):
        mine = group == one
        quantiles[:, mine] = predict_wear(fit_wear(readings.of(~mine)), readings.of(mine), PROBABILITY)
    return quantiles


def conditions(readings: WearReadings) -> np.ndarray:
    """Number of the depth, feed and material of each reading (reading,)."""
    settings = np.column_stack([readings.depth, readings.feed, readings.second])
    return np.unique(settings, axis=0, return_inverse=True)[1].ravel()


def covered(readings: WearReadings, quantiles: np.ndarray, level: float) -> np.ndarray:
    """Whether the central interval of ``level`` holds each reading (reading,) bool."""
    low, high = (quantiles[np.argmin(np.abs(PROBABILITY - (1 + sign * level) / 2))] for sign in (-1, 1))
    return (readings.wear >= low) & (readings.wear <= high)


def main() -> None:
    readings = readings_of(read_milling_wear(recording("nasa_milling_wear/process_info.csv")))
    quantiles = left_out(readings, readings.tool)
    low, middle, high = (quantiles[np.argmin(np.abs(PROBABILITY - p))] / MM for p in (0.05, 0.5, 0.95))
    within = covered(readings, quantiles, 0.9)
    for case in np.unique(readings.tool):
        mine = np.flatnonzero(readings.tool == case)
        first = mine[0]
        material = "steel" if readings.second[first] else "cast iron"
        setting = f"depth {readings.depth[first] / MM:g} mm, feed {readings.feed[first] / MM:g} mm"
        print(f"case {case}: {material}, {setting}; {within[mine].sum()} of {len(mine)} readings within 90 %")
        print("   time min  measured mm  predicted mm (90 %)")
        for row in mine:
            interval = f"{middle[row]:6.2f} ({low[row]:.2f} to {high[row]:.2f})"
            mark = "" if within[row] else "  outside"
            print(f"   {readings.time[row] / MINUTE:8.0f} {readings.wear[row] / MM:12.2f}  {interval}{mark}")
    print(f"\n{len(readings.tool)} readings of {len(np.unique(readings.tool))} cases")
    for what, of_group in (
        ("each case predicted from the others", quantiles),
        ("each condition from the others, its repeats left out too", left_out(readings, conditions(readings))),
    ):
        print(f"{what}:")
        for level in LEVELS:
            print(f"   interval of {100 * level:g} %: covers {100 * covered(readings, of_group, level).mean():.1f} %")
        error = np.log(readings.wear / of_group[len(PROBABILITY) // 2])
        print(f"   median prediction: off by a factor of {np.exp(np.sqrt(np.mean(error**2))):.2f} (root mean square)")
    print("\neffects fitted to all cases (mean, standard deviation):")
    for name, (mean, deviation) in fit_wear(readings).effects.items():
        print(f"   {name:9s} {mean:7.3f} {deviation:7.3f}")

    table = read_turning_wear(Path(recording("tool_life_ksf/manifest_multitool.csv")))
    print(f"\nKSF turning tools: {len(table.wear)} measured readings, {table.n_interpolated} interpolated ones dropped")
    for tool in sorted(set(table.tool), key=lambda name: int(name[1:])):
        mine = np.flatnonzero(table.tool == tool)
        wear = ", ".join(f"{table.wear[i] / UM:.0f} @ {table.order[i]}" for i in mine[:8])
        more = f", ... {table.wear[mine[-1]] / UM:.0f} @ {table.order[mine[-1]]}" if len(mine) > 8 else ""
        speed, feed = table.speed[mine[0]] * MINUTE, table.feed[mine[0]] / MM
        coolant = "wet" if table.coolant[mine[0]] else "dry"
        print(f"   {tool:4s} {speed:3.0f} m/min {feed:.2f} mm {coolant}: um @ cut {wear}{more}")


if __name__ == "__main__":
    main()
