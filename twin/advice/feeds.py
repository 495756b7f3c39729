"""The feed of every block: the highest at which none of its cuts asks more than the limits allow.

Time falls with every feed on its own, and every demand belongs to one block: the fastest program is found block by
block. A demand is a nearly straight, rising function of the feed (the largest of many straight ones), so that Newton's
method with its exact derivative takes two or three steps; a bracket keeps it where demands are not smooth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.advice.blocks import FeedBlocks
from twin.advice.demand import KINDS, Cuts, demands
from twin.errors import InputError

STEPS = 30
TOLERANCE = 1e-9  # relative, of a demand over its limit
FREE = ("feed_highest", "air_highest", "feed_most", "axes")  # what else may hold a feed
Evaluate = Callable[[Cuts, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Bounds:
    """Range of each block's feed."""

    lowest: np.ndarray  # (block,) [m/s]
    highest: np.ndarray  # (block,) [m/s]
    holds: np.ndarray  # (block,) what the highest feed comes from


@dataclass(frozen=True)
class Feeds:
    """The advised feeds."""

    feed: np.ndarray  # (block,) [m/s]
    holds: np.ndarray  # (block,) the limit that holds the feed: one of KINDS or FREE, "" where the block is fixed
    use: np.ndarray  # (kind, block) largest demand of the block's cuts over its limit; 0 without a limit


class Beyond(InputError):
    """A limit that no feed in the range keeps."""


def highest_feeds(
    cuts: Cuts, of_block: np.ndarray, limit: np.ndarray, blocks: FeedBlocks, bounds: Bounds, file: str = ""
) -> Feeds:
    """The highest feed of every block within ``bounds`` and ``limit``.

    Args:
        cuts: of the program.
        of_block: (cut,) row of ``blocks``.
        limit: (kind, cut) of KINDS, inf where there is none.
        blocks: of the program; fixed ones keep their feed.
        bounds: range of each feed.
        file: the program, for messages.

    Raises:
        Beyond: a limit that is exceeded at the lowest feed.
    """
    n = len(blocks.line)
    free = blocks.free
    feed = np.where(free, bounds.highest, blocks.feed)
    holds = np.where(free, bounds.holds, "").astype(object)
    below, above = np.where(free, bounds.lowest, feed), feed.copy()  # bracket; below: not known to be feasible yet
    open_ = np.zeros(n, dtype=bool)
    open_[of_block] = True
    open_ &= free
    use = np.zeros((len(KINDS), n))
    for _ in range(STEPS):
        rows = np.flatnonzero(open_[of_block])
        if not len(rows):
            break
        here = of_block[rows]
        value, slope = demands(cuts.rows(rows), feed[here])
        ratio = value / limit[:, rows]
        use[:, open_] = 0.0
        for kind in range(len(KINDS)):
            np.maximum.at(use[kind], here, ratio[kind])
        worst = use.max(axis=0)
        beyond = open_ & (worst > 1 + TOLERANCE)
        stuck = beyond & (feed <= bounds.lowest * (1 + TOLERANCE))
        if stuck.any():
            _raise_beyond(stuck, rows, here, value, limit, feed, blocks, file)
        above[beyond] = feed[beyond]
        within = open_ & ~beyond
        below[within] = np.maximum(below[within], feed[within])
        # Newton's feed of each cut: where its demand, followed along its slope, meets the limit
        rising = slope > 0
        reach = np.where(rising, feed[here] + (limit[:, rows] - value) / np.where(rising, slope, 1.0), np.inf)
        least = np.full(n, np.inf)
        np.minimum.at(least, here, reach.min(axis=0))
        best = np.argmax(use, axis=0)
        tight = within & (worst >= 1 - TOLERANCE)
        at_top = within & (feed >= bounds.highest)
        holds[beyond | tight] = np.array(KINDS, dtype=object)[best[beyond | tight]]
        open_ &= ~(tight | at_top)
        target = np.clip(least, bounds.lowest, bounds.highest)
        inside = (target >= below) & (target <= above)
        step = np.where(inside, target, (below + above) / 2)
        open_ &= (np.abs(step - feed) > 1e-13 * feed) | beyond
        feed = np.where(open_, step, feed)
    if open_.any():
        feed = np.where(open_, below, feed)
    return Feeds(feed, holds, use)


def _raise_beyond(
    stuck: np.ndarray,
    rows: np.ndarray,
    here: np.ndarray,
    value: np.ndarray,
    limit: np.ndarray,
    feed: np.ndarray,
    blocks: FeedBlocks,
    file: str,
) -> None:
    """Name the line that exceeds its limit most at its lowest feed."""
    ratio = np.where(stuck[here], value / limit[:, rows], 0.0)
    kind, cut = np.unravel_index(np.argmax(ratio), ratio.shape)
    block = here[cut]
    scale, unit = UNIT_OF_KIND[KINDS[kind]]
    more = f"; so do {stuck.sum() - 1} other blocks" if stuck.sum() > 1 else ""
    raise Beyond(
        f"{NAME_OF_KIND[KINDS[kind]]} is {value[kind, cut] / scale:.4g} {unit} even at the lowest feed, "
        f"{feed[block] * 60e3:.4g} mm/min; the limit is {limit[kind, rows[cut]] / scale:.4g} {unit}{more}",
        file=file,
        line=int(blocks.line[block]),
        remedy=f"raise advice.limits.{KINDS[kind]}, lower advice.limits.feed_lowest_ratio, or cut less deep or wide",
    )


UNIT_OF_KIND = {
    "force": (1.0, "N"),
    "deflection": (1e-6, "um"),
    "form_error": (1e-6, "um"),
    "chip_most": (1e-6, "um"),
    "torque": (1.0, "N m"),
    "power": (1.0, "W"),
}
NAME_OF_KIND = {
    "force": "the peak force",
    "deflection": "the deflection of the tool",
    "form_error": "the form error",
    "chip_most": "the thickest chip",
    "torque": "the torque",
    "power": "the power",
}
