"""Gantt plots: rows of bars over time, coloured by order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from twin.units import HOUR

STATE_COLOURS = {
    "set-up": "#d9d9d9",
    "warm-up": "#ffe680",
    "tool change": "#7f7f7f",
    "repair": "#c00000",
    "down": "#404040",
    "no people": "#f2f2f2",
}
LIKE_STATES = (6, 14, 15)  # red and greys of the palette
MOST_NAMED = 60  # bars that carry their name


@dataclass(frozen=True)
class Bar:
    """A stretch of a row [s]; ``state`` work, or one of STATE_COLOURS."""

    row: str
    order: str
    start: float
    end: float
    state: str = "work"
    label: str = ""


def order_colours(orders: Collection[str]) -> dict[str, tuple[float, float, float, float]]:
    """Order -> its colour, in the order of the alphabet; none is like that of a state."""
    palette = matplotlib.colormaps["tab20"](range(20))
    shades = [(r, g, b, a) for k, (r, g, b, a) in enumerate(palette.tolist()) if k not in LIKE_STATES]
    return {order: shades[k % len(shades)] for k, order in enumerate(sorted(orders))}


def draw_gantt(axes: Axes, rows: Sequence[str], bars: Sequence[Bar], due: dict[str, float] | None = None) -> None:
    """Bars of every row, a legend of orders and states, and due dates as marks at the lower edge."""
    colour = order_colours({bar.order for bar in bars if bar.order})
    orders = list(colour)
    place = {name: k for k, name in enumerate(rows)}
    named = len(bars) <= MOST_NAMED
    for bar in bars:
        shade = colour[bar.order] if bar.state == "work" else STATE_COLOURS[bar.state]
        axes.barh(
            place[bar.row], (bar.end - bar.start) / HOUR, left=bar.start / HOUR, height=0.7, color=shade, linewidth=0
        )
        if named and bar.label:
            middle = (bar.start + bar.end) / 2 / HOUR
            axes.text(middle, place[bar.row], bar.label, ha="center", va="center", fontsize=7, clip_on=True)
    for order, when in (due or {}).items():
        if order in colour:
            axes.axvline(when / HOUR, color=colour[order], linestyle=":", linewidth=1.3, zorder=0)
    axes.set_yticks(range(len(rows)), rows)
    axes.invert_yaxis()
    axes.set(xlabel="time / h")
    axes.set_xlim(left=0)
    states = [state for state in STATE_COLOURS if any(bar.state == state for bar in bars)]
    patches = [Patch(color=colour[order], label=order) for order in orders if len(orders) <= 20]
    patches += [Patch(color=STATE_COLOURS[state], label=state) for state in states]
    axes.legend(handles=patches, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
