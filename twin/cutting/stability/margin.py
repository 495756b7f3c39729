"""The chatter margin of every segment of a program, from its own engagement.

The margin is a ratio of depths at the segment's speed and window of immersion: for a stable cut the next depth at
which it would chatter over its own depth, above 1; for a cut that chatters the next smaller depth at which it would
not over its own depth, below 1. So a cut is stable where its margin is above 1, islands included.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.cutting.contact import Contact
from twin.cutting.dynamics.modes import Modes, receptance
from twin.cutting.stability.floquet import Cuts, multipliers_of_cuts
from twin.cutting.stability.milling import Milling, check, check_modes
from twin.errors import InputError

MOST = 4.0  # margins beyond this, or below its inverse, are not told apart
SCAN = 1.3  # ratio of successive depths of the scan; 1.2 changes no margin of the NIST plates by more than 0.5 %
REFINEMENTS = 5
# Nodes of a panel and tolerance of Arnoldi's method: on the NIST plates the margins are within 1e-4 (95 %) and 7e-4
# (99.9 %) of those of 12 nodes, less than the classes cost.
NODES, TOLERANCE = 6, 1e-5
WIDTH_STEP = 0.05  # classes of equal width differ by this, relative
ANGLE_STEP = np.radians(5)  # and by this in direction, where that matters
MOST_CLASSES = 4000  # more classes than this: the steps are widened
N_CHECKED = 48  # segments computed without classes, to state what the classes cost
MIRROR = np.array([[1.0, -1.0, 1.0]])


@dataclass(frozen=True)
class Margins:
    """Chatter margin of every segment."""

    margin: np.ndarray  # (segment,) ratio within 1/MOST..MOST; inf where nothing is cut, NaN where a tool only plunges
    classes: int  # windows and speeds that were computed
    error: float  # 95th percentile of the relative error that the classes make, measured on N_CHECKED segments


def chatter_margin(contact: Contact, spindle: np.ndarray, cuts: Sequence[Milling]) -> Margins:
    """Chatter margin of each segment.

    The engagement of a segment counts as one window from its first entry to its last exit, over its depth times the
    part of that area that is engaged; edges straight; the tool axis along z. Segments of like speed and window are
    computed once: see :attr:`Margins.error`.

    Args:
        contact: where the tools touch stock.
        spindle: (segment,) [rad/s], > 0 clockwise (M3).
        cuts: one a row of ``contact.tool``: teeth, coefficients, and modes in machine axes; windows are not read.

    Raises:
        InputError: numbers that cannot be.
    """
    for milling in cuts:
        check(milling)
        check_modes(milling.modes)
    spindle = np.asarray(spindle, dtype=float)
    window = _windows(contact, spindle)
    cutting = (window.depth > 0) & (np.asarray(contact.advance) > 0)
    if np.any(cutting & (spindle == 0)):
        raise InputError("a segment cuts with the spindle off", remedy="program M3 or M4 and S")
    margin = np.where(window.depth > 0, np.nan, np.inf)
    classes, errors = 0, [0.0]
    for row, milling in enumerate(cuts):
        for hand in (1.0, -1.0):
            mine = np.flatnonzero(cutting & (np.asarray(contact.tool) == row) & (np.sign(spindle) == hand))
            if not mine.size:
                continue
            modes = check_modes(milling.modes)
            turned = modes if hand > 0 else replace(modes, direction=np.asarray(modes.direction) * MIRROR)
            some = window.rows(mine)
            margin[mine], n, error = _of_tool(replace(milling, modes=turned), some, isotropic(turned))
            classes += n
            errors.append(error)
    return Margins(margin, classes, max(errors))


@dataclass(frozen=True)
class _Windows:
    """Speed, window in machine axes and depth of each segment."""

    speed: np.ndarray  # (segment,) [rad/s]
    entry: np.ndarray  # (segment,) [rad]
    width: np.ndarray  # (segment,) [rad]
    depth: np.ndarray  # (segment,) [m]

    def rows(self, rows: np.ndarray) -> "_Windows":
        return _Windows(self.speed[rows], self.entry[rows], self.width[rows], self.depth[rows])


def _windows(contact: Contact, spindle: np.ndarray) -> _Windows:
    arc = np.asarray(contact.arc, dtype=float)
    length = arc[..., 1] - arc[..., 0]
    some = length > 0
    first = np.where(some, arc[..., 0], np.inf).min(axis=(1, 2), initial=np.inf)
    last = np.where(some, arc[..., 1], -np.inf).max(axis=(1, 2), initial=-np.inf)
    touching = last > first
    first, width = np.where(touching, first, 0.0), np.where(touching, last - first, 1.0)
    share = np.sum(np.where(some, length, 0.0), axis=2).mean(axis=1) / width
    ahead = np.asarray(contact.ahead)
    heading = np.arctan2(ahead[:, 1], ahead[:, 0])
    # turned to machine axes; a tool that turns the other way is seen in the mirror
    entry = np.where(spindle >= 0, first - heading, np.pi - first - width + heading)
    depth = np.asarray(contact.depth) * np.minimum(share, 1.0)
    return _Windows(np.abs(spindle), entry, np.minimum(width, 2 * np.pi), depth)


def isotropic(modes: Modes) -> bool:
    """Whether the tool gives way alike in all directions across its axis: the direction of the feed does not matter."""
    omega = (np.asarray(modes.omega)[:, None] * np.array([0.9, 1.0, 1.1])).ravel()
    g = np.asarray(receptance(modes, omega))
    apart = np.abs(g[:, 0, 0] - g[:, 1, 1]) + np.abs(g[:, 0, 1]) + np.abs(g[:, :2, 2]).sum(axis=1)
    return bool(np.all(apart <= 1e-9 * np.abs(g[:, 0, 0])))


def _of_tool(milling: Milling, window: _Windows, alike: bool) -> tuple[np.ndarray, int, float]:
    """Margin (segment,), number of classes, and their error."""
    widening = 1.0
    while True:
        width = np.round(np.log(window.width) / (WIDTH_STEP * widening))
        # a turn by pi changes nothing; where all directions are alike no turn does
        steps = max(int(np.pi / (ANGLE_STEP * widening)), 1)
        middle = np.zeros_like(width) if alike else np.round((window.entry + window.width / 2) / np.pi * steps) % steps
        keys, member = np.unique(np.stack([window.speed, width, middle]), axis=1, return_inverse=True)
        member = member.ravel()
        if keys.shape[1] <= MOST_CLASSES or widening > 16:
            break
        widening *= 1.5
    # a class stands where its members are: one of equal segments is exact
    count = np.bincount(member)
    wide = np.bincount(member, window.width) / count
    centre = keys[2] / steps * np.pi
    beside = (window.entry + window.width / 2 - centre[member] + np.pi / 2) % np.pi - np.pi / 2
    centre = centre + (0.0 if alike else np.bincount(member, beside) / count)
    typical = _Windows(keys[0], centre - wide / 2, wide, np.empty(0))
    # a narrow window acts as its width: the depth is rescaled to that of the class
    depth = window.depth * window.width / wide[member]
    margin = _margins(milling, typical, member, depth)
    chosen = np.random.default_rng(0).choice(len(depth), min(N_CHECKED, len(depth)), replace=False)
    exact = _margins(milling, window.rows(chosen), np.arange(len(chosen)), window.depth[chosen])
    error = float(np.quantile(np.abs(margin[chosen] / exact - 1), 0.95))
    return margin, len(count), error


def _margins(milling: Milling, window: _Windows, member: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Margin (segment,) of segments of ``depth`` (segment,) that belong to rows ``member`` of ``window``."""
    n = len(window.speed)
    low, high = np.full(n, np.inf), np.zeros(n)
    np.minimum.at(low, member, depth)
    np.maximum.at(high, member, depth)
    count = np.ceil(np.log(high * MOST**2 / low) / np.log(SCAN)).astype(int) + 1
    first = np.concatenate([[0], np.cumsum(count)])
    owner = np.repeat(np.arange(n), count)
    scan = low[owner] / MOST * SCAN ** (np.arange(first[-1]) - first[owner])
    rise = _rise(milling, window, owner, scan)
    cell = np.flatnonzero((owner[1:] == owner[:-1]) & ((rise[1:] < 0) != (rise[:-1] < 0)))
    crossing = _refined(milling, window, owner[cell], scan[cell], scan[cell + 1], rise[cell], rise[cell + 1])
    # crossings are sorted within a class: depths are found among them on one axis that keeps the classes apart
    place = np.searchsorted(_axis(owner[cell], crossing), _axis(member, depth))
    begin, end = np.searchsorted(owner[cell], [member, member + 1])
    stable = (rise[first[:-1]][member] < 0) ^ ((place - begin) % 2 == 1)
    padded = np.append(crossing, np.nan)
    above = np.where(place < end, padded[np.minimum(place, len(crossing))] / depth, MOST)
    below = np.where(place > begin, padded[place - 1] / depth, 1 / MOST)
    return np.clip(np.where(stable, above, below), 1 / MOST, MOST)


def _axis(owner: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Sorted by owner, then by depth."""
    return owner + np.arctan(np.log(depth)) / np.pi + 0.5


def _rise(milling: Milling, window: _Windows, owner: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """ln |mu| (point,) at depths of ``owner`` (point,), rows of ``window`` in ascending order."""
    rows, first = np.unique(owner, return_index=True)
    cuts = Cuts(
        window.speed[rows], window.entry[rows], window.width[rows], depth, np.append(first, len(owner)).astype(np.int64)
    )
    value, _ = multipliers_of_cuts(milling, cuts, resolution=NODES, tolerance=TOLERANCE, estimate=False)
    return np.log(np.maximum(np.abs(value), 1e-300))


def _refined(
    milling: Milling,
    window: _Windows,
    owner: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    at_low: np.ndarray,
    at_high: np.ndarray,
) -> np.ndarray:
    """Depth (crossing,) within each bracket at which |mu| = 1: regula falsi, Illinois."""
    low, high, at_low, at_high = low.copy(), high.copy(), at_low.copy(), at_high.copy()
    depth = high
    for _ in range(REFINEMENTS if len(owner) else 0):
        depth = low + at_low / (at_low - at_high) * (high - low)
        here = _rise(milling, window, owner, depth)
        above = (here < 0) != (at_low < 0)
        high, low = np.where(above, depth, high), np.where(above, low, depth)
        at_low, at_high = np.where(above, at_low / 2, here), np.where(above, here, at_high / 2)
    return depth
