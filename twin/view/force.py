"""Force on the tool over one revolution of the spindle."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from twin.units import DEG

NAMES = ("ahead", "left", "up")
COLOURS = ("tab:blue", "tab:orange", "tab:green")


def draw_force(rotation: np.ndarray, force: np.ndarray, titles: Sequence[str]) -> Figure:
    """A panel a case, on like axes; the dashed line is the magnitude.

    Args:
        rotation: (angle,) [rad].
        force: (case, angle, 3) [N] on the tool: ahead, left, up.
        titles: (case,).
    """
    figure = Figure(figsize=(4.6 * len(titles), 3.9), layout="constrained")
    panels = figure.subplots(1, len(titles), sharey=True, squeeze=False)[0]
    for axes, values, title in zip(panels, force, titles, strict=True):
        for column, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True)):
            axes.plot(rotation / DEG, values[:, column], color=colour, lw=1.4, label=name)
        axes.plot(rotation / DEG, np.linalg.norm(values, axis=1), color="0.3", lw=1, ls="--", label="magnitude")
        axes.axhline(0, color="k", lw=0.6)
        axes.set(title=title, xlabel="rotation of the spindle / °", xlim=(0, 360), xticks=range(0, 361, 90))
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("force on the tool / N")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure
