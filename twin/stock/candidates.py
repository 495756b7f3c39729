"""The few passes that could have made each surface sample, collected while the path is replayed."""

from typing import NamedTuple

import numpy as np

from twin.stock.kernel import kernel

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


def empty_slots(n_samples: int, n_candidates: int) -> Slots:
    """Slots without candidates."""
    shape = (n_samples, n_candidates)
    return Slots(
        np.full(shape, -1, np.int32),
        np.zeros(shape, np.float32),
        np.full(shape, NONE, np.float32),
        np.full(n_samples, NONE, np.float32),
    )


@kernel
def offer(segments, alongs, levels, lost, n, segment, along, level, number, station, length, apart):
    """Enter a contact of ``segment`` at ``along`` (0..1) and ``level`` [m] for sample ``n``.

    Args:
        segments, alongs, levels, lost: the arrays of :class:`Slots`; as a tuple they would be counted references.
        number, station, length: (segment,) pass, path length before, and length [m] of each segment.
        apart: [m] equal contacts of one pass closer than this along the path count as one.
    """
    lowest, far, free, worst = -1, -1, -1, 0
    for k in range(segments.shape[1]):
        other = segments[n, k]
        if other < 0:
            free = k
            break
        if levels[n, k] > levels[n, worst]:
            worst = k
        if number[other] == number[segment]:
            if lowest < 0:
                lowest = k
            elif levels[n, k] < levels[n, lowest]:
                lowest, far = k, lowest
            else:
                far = k
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
    if free < 0:  # the highest goes, and is remembered as lost
        if level >= levels[n, worst]:
            lost[n] = min(lost[n], np.float32(level))
            return
        lost[n] = min(lost[n], levels[n, worst])
        free = worst
    segments[n, free], alongs[n, free], levels[n, free] = segment, along, level
