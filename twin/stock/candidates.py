"""The few passes that could have made each surface sample, collected while the path is replayed."""

from typing import NamedTuple

import numpy as np
from numba import njit

from twin.stock.kernel import kernel

inlined = njit(inline="always")  # arrays handed to a kernel cost more than what it does with them
TIE = 2e-7  # [m] two places of one pass within this of each other touch the sample equally
NONE = np.float32(np.inf)


class Slots(NamedTuple):
    """K candidate slots a sample. Levels are heights out of the material, from a reference level of the sample.

    A pass owns at most two slots: where it comes lowest, and, if it touches equally low elsewhere (the floor
    under a flat end mill, a bore), the farthest such place, since the error may differ between the two.
    """

    segment: np.ndarray  # (sample, K) int32, -1 empty
    along: np.ndarray  # (sample, K) float32, 0..1
    level: np.ndarray  # (sample, K) float32 [m]
    lost: np.ndarray  # (sample,) float32 [m] lowest level of a pass that found no slot
    newest: np.ndarray  # (sample,) int32 pass that was entered last; passes come in order
    cursor: np.ndarray  # (sample, 3) int8 slots in use; slot of the newest pass, and of its far tie, or -1


def empty_slots(n_samples: int, n_candidates: int) -> Slots:
    """Slots without candidates."""
    shape = (n_samples, n_candidates)
    return Slots(
        np.full(shape, -1, np.int32),
        np.zeros(shape, np.float32),
        np.full(shape, NONE, np.float32),
        np.full(n_samples, NONE, np.float32),
        np.full(n_samples, -1, np.int32),
        np.zeros((n_samples, 3), np.int8),
    )


@kernel
def _spare(segments, levels, n):
    """The slot of sample ``n`` to give up: the highest, and of equally high ones the latest but one.

    Where a surface is passed over and over at the same level, the error drifts from the first passes to the last:
    these are kept, and with the last the one before it, since a tool that turns at a sample comes in two passes.
    """
    highest = levels[n, 0]
    for k in range(1, segments.shape[1]):
        highest = max(highest, levels[n, k])
    latest, spare = -1, -1
    for k in range(segments.shape[1]):
        if levels[n, k] < highest - TIE:
            continue
        if latest < 0 or segments[n, k] > segments[n, latest]:
            latest, spare = k, latest
        elif spare < 0 or segments[n, k] > segments[n, spare]:
            spare = k
    return latest if spare < 0 else spare


@inlined
def offer(
    segments, alongs, levels, lost, newest, cursor, n, segment, along, level, number, station, length, apart
):  # fmt: skip
    """Enter a contact of ``segment`` at ``along`` (0..1) and ``level`` [m] for sample ``n``.

    Args:
        segments ... cursor: the arrays of :class:`Slots`.
        number, station, length: (segment,) pass, path length before, and length [m] of each segment.
        apart: [m] equal contacts of one pass closer than this along the path count as one.
    """
    if newest[n] != number[segment]:
        newest[n] = number[segment]
        cursor[n, 1] = cursor[n, 2] = -1
    lowest, far, role = cursor[n, 1], cursor[n, 2], 1
    if lowest >= 0:
        below = levels[n, lowest] - level
        if below < -TIE:
            return
        other = segments[n, lowest]
        place = station[segment] + along * length[segment]
        lowest_place = station[other] + alongs[n, lowest] * length[other]
        if below > TIE or abs(place - lowest_place) <= apart:
            if below > 0.0:
                segments[n, lowest], alongs[n, lowest], levels[n, lowest] = segment, along, level
            return
        if below > 0.0:  # the two change places
            was_along, was_level = alongs[n, lowest], levels[n, lowest]
            segments[n, lowest], alongs[n, lowest], levels[n, lowest] = segment, along, level
            segment, along, level = other, was_along, was_level
            place, lowest_place = lowest_place, place
        if far >= 0:
            other = segments[n, far]
            far_place = station[other] + alongs[n, far] * length[other]
            stale = levels[n, far] > levels[n, lowest] + TIE
            if stale or abs(place - lowest_place) > abs(far_place - lowest_place):
                segments[n, far], alongs[n, far], levels[n, far] = segment, along, level
            return
        role = 2
    slot = int(cursor[n, 0])
    if slot < segments.shape[1]:
        cursor[n, 0] += 1
    else:  # the highest goes, and is remembered as lost
        slot = _spare(segments, levels, n)
        if level > levels[n, slot] + TIE or slot == lowest:
            lost[n] = min(lost[n], np.float32(level))
            return
        lost[n] = min(lost[n], levels[n, slot])
    segments[n, slot], alongs[n, slot], levels[n, slot] = segment, along, level
    cursor[n, role] = slot


@kernel
def lowest_levels(levels):
    """Lowest level (sample,) float32 [m] of levels (sample, K); inf where there is none."""
    out = np.empty(len(levels), np.float32)
    for n in range(len(levels)):
        best = levels[n, 0]
        for k in range(1, levels.shape[1]):
            best = min(best, levels[n, k])
        out[n] = best
    return out
