"""Where in the program a recorded sample is: the time at which the twin expects what the machine does in it.

NC lines are the anchors. Lines that the program runs once are matched first, as the longest sequence that rises in
both (so that a second start, or a jump back, does not tear it); lines that repeat are then matched between them in
order. Between anchors a sample is where the path that was run is the same part of the path to the next anchor; the
commanded position sharpens it.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

import numpy as np

from hardware.validation.predicted import PredictedRun

CREEP = 1e-3  # [mm/s] at which a machine at rest advances along its path, so that waiting is progress too
NEAR = 0.02  # [s] by which a position moves the place
SLOW = 0.2  # [mm/s] below which a position says nothing of the time
APART = 2.0  # [mm] from which on a line begins elsewhere; rounded corners are nearer
CHUNK = 1 << 18  # samples that are sharpened at once


@dataclass(frozen=True)
class Visits:
    """Runs of consecutive samples with the same line."""

    line: np.ndarray  # (visit,)
    first: np.ndarray  # (visit,) sample at which it begins


@dataclass(frozen=True)
class Match:
    """Visits of the recording paired with visits of the prediction, both rising."""

    recorded: np.ndarray  # (pair,) sample at which the line begins
    predicted: np.ndarray  # (pair,) sample of the prediction
    line: np.ndarray  # (pair,)
    end: tuple[int, int] = (0, 0)  # sample of each at which the last line ends


def visits(line: np.ndarray) -> Visits:
    """Of the lines (sample,); 0 is no line."""
    first = np.flatnonzero(np.diff(line, prepend=-1))
    return Visits(line[first], first)


def match(recorded: Visits, predicted: Visits) -> Match:
    """Pair the visits of a recording with those of the program."""
    places: dict[int, list[int]] = {}
    for k, line in enumerate(predicted.line.tolist()):
        places.setdefault(line, []).append(k)
    single = [(i, places[n][0]) for i, n in enumerate(recorded.line.tolist()) if n > 0 and len(places.get(n, ())) == 1]
    anchors = _longest_rising(single)
    pairs: list[tuple[int, int]] = []
    bounds = [(-1, -1), *anchors, (len(recorded.line), len(predicted.line))]
    for (i0, k0), (i1, k1) in zip(bounds, bounds[1:], strict=False):
        last = k0
        for i in range(i0 + 1, i1):
            found = places.get(int(recorded.line[i]), ())
            following = bisect_right(found, last)
            if recorded.line[i] > 0 and following < len(found) and found[following] < k1:
                last = found[following]
                pairs.append((i, last))
        if k1 < len(predicted.line):
            pairs.append((i1, k1))
    rows = np.array(pairs, int).reshape(-1, 2)
    return Match(recorded.first[rows[:, 0]], predicted.first[rows[:, 1]], recorded.line[rows[:, 0]])


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence whose second numbers rise (patience sorting)."""
    tops: list[int] = []  # smallest last number of a rising sequence of each length
    at: list[int] = []  # pair that it belongs to
    before = [-1] * len(pairs)
    for k, (_, place) in enumerate(pairs):
        length = bisect_left(tops, place)  # of the same line twice the later one: what was begun again
        before[k] = at[length - 1] if length else -1
        if length == len(tops):
            tops.append(place)
            at.append(k)
        else:
            tops[length], at[length] = place, k
    chain = []
    k = at[-1] if at else -1
    while k >= 0:
        chain.append(pairs[k])
        k = before[k]
    return chain[::-1]


def program_time(
    time: np.ndarray, line: np.ndarray, tip: np.ndarray | None, run: PredictedRun
) -> tuple[np.ndarray, Match]:
    """Time of the program (sample,) [s] of every recorded sample; NaN outside the program.

    Args:
        time: (sample,) [s] rising.
        line: (sample,) NC line that runs, 0 none.
        tip: (sample, 3) [mm] commanded tool tip, axes of the program; None: not recorded, time is the progress.
        run: the prediction.
    """
    found = match(visits(line), visits(run.line))
    place = np.full(len(time), np.nan)
    if len(found.recorded) < 2:
        return place, found
    mine, theirs = _progress(time, tip), _progress(run.time, run.commanded)
    if tip is None:
        theirs = run.time
    a, b = found.recorded, found.predicted
    if tip is not None and run.has_signals:
        a, b = _meeting(a, b, tip, run)
    first, last, close = int(a[0]), _end(line, a[-1]), min(_end(run.line, b[-1]), len(run.time) - 1)
    samples = slice(first, last)
    # beyond the last anchor both go on alike
    stop = min(last, len(time) - 1)
    if tip is not None and run.has_signals:
        b, close = _seen_in_part(b, close, theirs, mine[a], mine[stop], begins=first > 0, ends=last < len(time))
        found = replace(found, predicted=np.append(b[:1], found.predicted[1:]))
    anchor_mine = np.append(mine[a], mine[stop])
    anchor_theirs = np.append(theirs[b], theirs[close])
    rising = np.append(np.diff(anchor_mine) > 0, True)
    where = np.interp(mine[samples], anchor_mine[rising], anchor_theirs[rising])
    place[samples] = np.interp(where, theirs, run.time) if tip is not None else where
    if tip is not None and run.has_signals:
        for begin in range(first, last, CHUNK):
            rows = slice(begin, min(begin + CHUNK, last))
            place[rows] = _sharpened(place[rows], tip[rows], run)
        place[samples] = np.maximum.accumulate(place[samples])
    return place, replace(found, end=(stop, close))


def _meeting(
    recorded: np.ndarray, predicted: np.ndarray, tip: np.ndarray, run: PredictedRun
) -> tuple[np.ndarray, np.ndarray]:
    """The anchors at which both stand at the same point: a control that joins lines begins one where another ended."""
    apart = np.linalg.norm(tip[recorded] - run.commanded[predicted], axis=1)
    meet = apart <= APART
    meet[[0, -1]] = True
    return (recorded[meet], predicted[meet]) if meet.mean() > 0.5 else (recorded, predicted)


def _seen_in_part(
    predicted: np.ndarray, close: int, theirs: np.ndarray, mine: np.ndarray, end: float, *, begins: bool, ends: bool
) -> tuple[np.ndarray, int]:
    """The anchors and the end where the recording holds the beginning of its first line, or the end of its last.

    Where it does not (``begins``, ``ends``), the path that it holds of the line says which part of it was seen.

    Args:
        predicted: (anchor,) samples of the prediction.
        close: of the prediction, the end of the last line.
        theirs: path of the prediction (sample,) [mm].
        mine: path of the recording at the anchors (anchor,) [mm].
        end: at its last sample [mm].
    """
    if not begins:
        held = theirs[predicted[1]] - (mine[1] - mine[0])
        row = int(np.clip(np.searchsorted(theirs, held), predicted[0], predicted[1] - 1))
        predicted = np.append(row, predicted[1:])
    if not ends:
        held = theirs[predicted[-1]] + end - mine[-1]
        close = int(np.clip(np.searchsorted(theirs, held), predicted[-1] + 1, close))
    return predicted, close


def _end(line: np.ndarray, first: int) -> int:
    """Sample after the last one of the visit that begins at ``first``."""
    other = np.flatnonzero(line[first:] != line[first])
    return first + int(other[0]) if other.size else len(line)


def _progress(time: np.ndarray, tip: np.ndarray | None) -> np.ndarray:
    """Path that was run [mm], rising (sample,); the time where no position is known."""
    if tip is None:
        return time
    step = np.zeros(len(time))
    for begin in range(1, len(time), CHUNK):
        rows = slice(begin, min(begin + CHUNK, len(time)))
        move = tip[rows].astype(float) - tip[rows.start - 1 : rows.stop - 1]
        step[rows] = np.sqrt(np.einsum("ij,ij->i", move, move))
    return np.cumsum(step) + CREEP * (time - time[0])


def _sharpened(place: np.ndarray, tip: np.ndarray, run: PredictedRun) -> np.ndarray:
    """The place moved along the predicted path to abeam of the position (two Newton steps)."""
    period = float(np.median(np.diff(run.time[:1000])))
    last = len(run.time) - 1
    for _ in range(2):
        at = run.at(place)
        low, high = run.commanded[at.row].astype(float), run.commanded[np.minimum(at.row + 1, last)]
        speed = (high - low) / period
        ahead = tip - (low + at.weight[:, None] * (high - low))
        square = np.einsum("ij,ij->i", speed, speed)
        moves = square > SLOW**2
        shift = np.einsum("ij,ij->i", ahead, speed) / np.where(moves, square, 1.0)
        place = place + np.where(moves, np.clip(shift, -NEAR, NEAR), 0.0)
    return place
