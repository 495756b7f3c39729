"""Sums over samples in one pass, compiled: an hour of twenty channels is seventy million samples."""

from pathlib import Path

from twin.native import kernel_of

kernel = kernel_of(Path(__file__).parent, {"nnan", "contract"})
# rows of the sums
DIFFERENCE, SQUARE, MEASURED, PREDICTED, MEASURED2, PREDICTED2, PRODUCT = range(7)


@kernel
def add_sums(measured, predicted, origin, sums, extremes, difference):  # type: ignore[no-untyped-def]
    """Add samples (n,) to ``sums`` (7,) and ``extremes`` (4,: least and greatest measured, then predicted).

    Writes ``difference`` (n,) and returns the sample at which its magnitude is largest.
    """
    worst, largest = 0, -1.0
    for i in range(len(measured)):
        d = predicted[i] - measured[i]
        m, p = measured[i] - origin, predicted[i] - origin
        difference[i] = d
        sums[0] += d
        sums[1] += d * d
        sums[2] += m
        sums[3] += p
        sums[4] += m * m
        sums[5] += p * p
        sums[6] += m * p
        extremes[0] = min(extremes[0], measured[i])
        extremes[1] = max(extremes[1], measured[i])
        extremes[2] = min(extremes[2], predicted[i])
        extremes[3] = max(extremes[3], predicted[i])
        if abs(d) > largest:
            worst, largest = i, abs(d)
    return worst


@kernel
def add_groups(group, difference, count, total, square, largest):  # type: ignore[no-untyped-def]
    """Add ``difference`` (n,) to the sums (group,) of ``group`` (n,) int; groups below 0 are left out."""
    for i in range(len(group)):
        g = group[i]
        if g >= 0:
            d = difference[i]
            count[g] += 1
            total[g] += d
            square[g] += d * d
            largest[g] = max(largest[g], abs(d))
