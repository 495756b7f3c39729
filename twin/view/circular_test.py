"""Polar plot of a circular test, ISO 230-4."""

from typing import cast

import numpy as np
from matplotlib.figure import Figure

from twin.machine_tests.circular import TERMS, Circles, circular_sheet, separate
from twin.units import MM, UM

RUNS = (("counter-clockwise", "#1f5fa8"), ("clockwise", "#c8562b"))
SCALE = {
    "scale_u": (1e-6, "µm/m"), "scale_v": (1e-6, "µm/m"), "squareness": (1e-6, "µrad"),
}  # fmt: skip


def circular_rows(circles: Circles) -> list[tuple[str, str]]:
    """Results of the standard and the causes of the shape, as names and values with units."""
    sheet = circular_sheet(circles)
    rows = [
        ("circular deviation G ccw, cw", "{:.2f}, {:.2f} µm".format(*(v / UM for v in sheet.circular_deviation))),
        ("bidirectional circular deviation G(b)", f"{sheet.bidirectional / UM:.2f} µm"),
        ("radial deviation F max ccw, cw", "{:+.2f}, {:+.2f} µm".format(*(v / UM for v in sheet.radial_max))),
        ("radial deviation F min ccw, cw", "{:+.2f}, {:+.2f} µm".format(*(v / UM for v in sheet.radial_min))),
        ("mean bidirectional radial deviation D", f"{sheet.mean_radial / UM:+.2f} µm"),
        ("largest difference of both runs H", f"{sheet.hysteresis / UM:.2f} µm"),
    ]
    found = separate(circles)
    for name, value in zip(TERMS, found.value, strict=True):
        scale, unit = SCALE.get(name, (UM, "µm"))
        rows.append((name.replace("_", " "), f"{value / scale:+.2f} {unit}"))
    return [*rows, ("not explained, rms", f"{found.left / UM:.2f} µm")]


def draw_circles(circles: Circles, plane: str, title: str) -> Figure:
    """Both runs, deviations enlarged about the nominal circle, beside what the standard and the shape say."""
    figure = Figure(figsize=(11, 6.2), layout="constrained")
    left, right = cast(np.ndarray, figure.subfigures(1, 2, width_ratios=(1.25, 1)))
    axes = left.add_subplot(projection="polar")
    # drawn about the least-squares centre: where the bar was set up says nothing of the machine
    found = separate(circles).value
    moved = found[0] * np.cos(circles.angle) + found[1] * np.sin(circles.angle)
    deviation = (circles.deviation - moved) / UM
    centre, half = (deviation.max() + deviation.min()) / 2, max(float(np.ptp(deviation)) / 2, 0.5)
    for (name, colour), angle, values in zip(RUNS, circles.angle, deviation, strict=True):
        order = np.argsort(angle % (2 * np.pi))
        order = np.append(order, order[0])
        axes.plot(angle[order], values[order], color=colour, lw=1.3, label=name)
    axes.set_ylim(centre - 4 * half, centre + 1.6 * half)
    step = _nice(half)
    ticks = np.arange(np.floor((centre - half) / step), np.ceil((centre + half) / step) + 1) * step
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks], fontsize=8)
    if centre - 4 * half < 0 < centre + 1.6 * half:
        axes.plot(np.linspace(0, 2 * np.pi, 361), np.zeros(361), color="#404040", lw=1, ls="--", label="nominal")
    axes.set_rlabel_position(22.5)
    axes.set_thetagrids([0, 90, 180, 270], [f"+{plane[0]}", f"+{plane[1]}", f"-{plane[0]}", f"-{plane[1]}"])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False, fontsize=9)
    axes.set_title(f"radial deviation / µm, radius {circles.radius / MM:g} mm, centred", fontsize=10)
    text = right.add_subplot()
    text.axis("off")
    for row, (name, value) in enumerate(circular_rows(circles)):
        y = 0.95 - 0.06 * row - (0.04 if row >= 6 else 0)
        text.text(0.0, y, name, fontsize=9)
        text.text(1.0, y, value, fontsize=9, ha="right")
    figure.suptitle(title, fontsize=11)
    return figure


def _nice(half: float) -> float:
    """A step of 1, 2, 5 x 10^n that puts about three rings on ``half``."""
    decade = 10.0 ** np.floor(np.log10(half))
    return float(next(s * decade for s in (0.5, 1, 2, 5, 10) if s * decade * 2 >= half))
