"""Pictures of a simulated cut: force and displacement over time, spectrum, samples once per tooth."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

from twin.cutting.time_domain import Signals, detect_chatter, once_per_period, spectrum
from twin.units import UM

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

SHOWN_REVOLUTIONS = 3  # of force and displacement, the last ones
LEAST_REACH = 5.0  # [um] half the width of the picture of the samples
HIGHEST_LINE = 4.5  # of the spectrum, in tooth passing frequencies
AHEAD, LEFT = "tab:blue", "tab:orange"
VERDICT = {"none": "stable", "hopf": "chatter (Hopf)", "flip": "chatter (flip)"}


def draw_time_domain(file: Path, signals: Signals, titles: Sequence[str]) -> None:
    """Draw each case of ``signals`` as one row of a picture; the verdict of :func:`detect_chatter` is in its title.

    Args:
        file: PNG.
        signals: at least 36 periods.
        titles: one a case.
    """
    chatter = detect_chatter(signals)
    n_cases = len(signals.spindle)
    figure, rows = plt.subplots(n_cases, 4, figsize=(16, 3.4 * n_cases), layout="constrained", squeeze=False)
    for case, (row, title) in enumerate(zip(rows, titles, strict=True)):
        verdict = VERDICT[str(chatter.kind[case])]
        line = f" at {chatter.frequency[case]:.0f} Hz" if chatter.present[case] else ""
        row[0].set_title(f"{title}: {verdict}{line}", loc="left", fontweight="bold")
        _over_time(row[0], signals, case, signals.force[case], "force on the tool / N")
        _over_time(row[1], signals, case, signals.displacement[case] / UM, "displacement / µm")
        row[0].legend(loc="upper right", fontsize=8)
        _spectrum(row[2], signals, case, float(chatter.frequency[case]))
        _samples(row[3], signals, case)
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=80)
    plt.close(figure)
    partial.replace(file)


def _over_time(axis: Axes, signals: Signals, case: int, values: np.ndarray, label: str) -> None:
    shown = min(SHOWN_REVOLUTIONS * signals.steps_per_revolution, len(values))
    time = np.arange(shown) * signals.step_time[case] * 1e3
    for column, (name, colour) in enumerate((("ahead", AHEAD), ("left", LEFT))):
        axis.plot(time, values[-shown:, column], color=colour, linewidth=1, label=name)
    axis.set(xlabel=f"time / ms, last {SHOWN_REVOLUTIONS} revolutions", ylabel=label)
    axis.margins(x=0, y=0.15)


def _spectrum(axis: Axes, signals: Signals, case: int, chatter: float) -> None:
    """Displacement, ahead and left together; tooth passing lines grey, the chatter line marked."""
    half = signals.displacement.shape[1] // 2
    frequency, lines = spectrum(signals.displacement[case, half:, :2].T / UM, float(signals.step_time[case]))
    amplitude = np.hypot(*lines)
    tooth_passing = signals.spindle[case] / (2 * np.pi) * len(signals.tooth_step)
    for harmonic in range(1, int(HIGHEST_LINE) + 1):
        axis.axvline(
            harmonic * tooth_passing, color="0.8", linewidth=3, zorder=0,
            label="tooth passing and its multiples" if harmonic == 1 else None,
        )  # fmt: skip
    shown = frequency < HIGHEST_LINE * tooth_passing
    axis.semilogy(frequency[shown], np.maximum(amplitude[shown], 1e-6), color="0.2", linewidth=1)
    if np.isfinite(chatter):
        height = amplitude[np.argmin(np.abs(frequency - chatter))]
        axis.plot(chatter, height, "v", color="tab:red", label=f"chatter, {chatter:.0f} Hz")
    largest = amplitude[shown].max()
    axis.set(xlabel="frequency / Hz", ylabel="displacement / µm", ylim=(1e-4 * largest, 50 * largest))
    axis.legend(loc="upper right", fontsize=8)
    axis.margins(x=0)


def _samples(axis: Axes, signals: Signals, case: int) -> None:
    """Poincaré section: one point where the cut is stable, two for a flip, a closed curve for a Hopf."""
    points = once_per_period(signals)[case, :, :2] / UM
    last = points[len(points) // 2 :]
    axis.plot(*last.T, "o", color="0.2", markersize=3)
    centre, reach = last.mean(axis=0), max(np.ptp(last, axis=0).max() * 0.6, LEAST_REACH)
    axis.set(xlim=(centre[0] - reach, centre[0] + reach), ylim=(centre[1] - reach, centre[1] + reach))
    axis.set_aspect("equal", adjustable="box")
    what = "tooth" if signals.alike else "revolution"
    axis.set(xlabel="displacement ahead / µm", ylabel="displacement left / µm", title=f"once per {what}, last half")
