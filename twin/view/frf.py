"""A measured tool tip: response and fitted modes, and the limit of chatter straight from the response beside theirs."""

from pathlib import Path

import matplotlib
import numpy as np

from twin.cutting.dynamics.measured import MeasuredTip
from twin.units import MM, RPM

matplotlib.use("Agg")
from matplotlib import pyplot as plt

MEASURED, FITTED = "#9aa7b8", "#b3261e"


def draw_tip(tip: MeasuredTip, speed: np.ndarray, raw: np.ndarray, fitted: np.ndarray, title: str, file: Path) -> None:
    """Write a PNG.

    Args:
        tip: measured, and its modes.
        speed: (speed,) [rad/s].
        raw: (speed,) [m] zero-order limit of the measured response; inf: none.
        fitted: (speed,) [m] of the modes.
        title: of the picture.
        file: to write.
    """
    figure, rows = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")
    frequency, of_modes = tip.omega / (2 * np.pi), tip.fitted
    for i, (axes, name) in enumerate(zip(rows[:2], "XY", strict=True)):
        axes.semilogy(frequency, np.abs(tip.response[:, i, i]) * 1e6, color=MEASURED, lw=3, label="measured")
        axes.semilogy(frequency, np.abs(of_modes[:, i, i]) * 1e6, color=FITTED, lw=1.2, label="fitted modes")
        axes.set(xlabel="frequency [Hz]", ylabel="|displacement / force| [µm/N]")
        axes.set_title(f"along {name}: fit misses {tip.misfit[i]:.2%} of the peak", fontsize=10)
        axes.legend(frameon=False)
    rows[2].plot(speed / RPM, raw / MM, color=MEASURED, lw=3, label="response itself, no modes")
    rows[2].plot(speed / RPM, fitted / MM, color=FITTED, lw=1.2, label="fitted modes")
    rows[2].set(xlabel="spindle speed [rpm]", ylabel="depth of cut [mm]", ylim=(0, None))
    rows[2].set_title("zero-order limit of chatter", fontsize=10)
    rows[2].legend(frameon=False)
    figure.suptitle(title, fontsize=11)
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=110)
    plt.close(figure)
    partial.replace(file)
