"""Sums over samples in one pass, compiled: an hour of twenty channels is seventy million samples."""

from pathlib import Path

from twin.native import kernel_of

kernel = kernel_of(Path(__file__).parent, {"nnan", "contract", "reassoc", "nsz"})
# rows of the sums
DIFFERENCE, SQUARE, MEASURED, PREDICTED, MEASURED2, PREDICTED2, PRODUCT = range(7)
# columns of what is kept of each run of samples
RUN_DIFFERENCE, RUN_SQUARE, RUN_LARGEST, RUN_MEASURED, RUN_PREDICTED = range(5)


@kernel
def add_sums(measured, predicted, origin, bounds, sums, extremes, difference, runs):  # type: ignore[no-untyped-def]
    """Add samples (n,) to ``sums`` (7,) and ``extremes`` (4,: least and greatest measured, then predicted).

    Writes ``difference`` (n,) and ``runs`` (run, 5) of the samples from each of ``bounds`` (run + 1,) to the next;
    returns the sample at which the difference's magnitude is largest.
    """
    worst_run, largest = 0, -1.0
    for r in range(len(bounds) - 1):
        d1 = d2 = m1 = p1 = m2 = p2 = mp = peak = 0.0
        low_m, high_m, low_p, high_p = extremes[0], extremes[1], extremes[2], extremes[3]
        for i in range(bounds[r], bounds[r + 1]):
            d = predicted[i] - measured[i]
            m, p = measured[i] - origin, predicted[i] - origin
            difference[i] = d
            d1 += d
            d2 += d * d
            m1 += m
            p1 += p
            m2 += m * m
            p2 += p * p
            mp += m * p
            peak = max(peak, abs(d))
            low_m, high_m = min(low_m, measured[i]), max(high_m, measured[i])
            low_p, high_p = min(low_p, predicted[i]), max(high_p, predicted[i])
        extremes[0], extremes[1], extremes[2], extremes[3] = low_m, high_m, low_p, high_p
        for k, value in enumerate((d1, d2, m1, p1, m2, p2, mp)):
            sums[k] += value
        n = bounds[r + 1] - bounds[r]
        for k, value in enumerate((d1, d2, peak, m1 + n * origin, p1 + n * origin)):
            runs[r, k] = value
        if n and peak > largest:
            worst_run, largest = r, peak
    for i in range(bounds[worst_run], bounds[worst_run + 1]):
        if abs(difference[i]) == largest:
            return i
    return 0


@kernel
def add_groups(group, count, runs, counts, total, square, largest):  # type: ignore[no-untyped-def]
    """Add ``runs`` (run, 5) of ``count`` (run,) samples to the sums (group,) of ``group`` (run,); below 0: left out."""
    for r in range(len(group)):
        g = group[r]
        if g >= 0:
            counts[g] += count[r]
            total[g] += runs[r, 0]
            square[g] += runs[r, 1]
            largest[g] = max(largest[g], runs[r, 2])


@kernel
def add_scores(score, place, lowest, counts, sums):  # type: ignore[no-untyped-def]
    """Add scores (n,) to the histogram, ``place - lowest`` its bin; return how many are at most 1."""
    within, last = 0, len(counts) - 1
    for i in range(len(score)):
        b = min(max(place[i] - lowest, 0), last)
        counts[b] += 1
        sums[b] += score[i]
        within += score[i] <= 1.0
    return within


@kernel
def windowed(values, window, out):  # type: ignore[no-untyped-def]
    """Write to ``out`` the rows of ``values`` (row, n) less their means, times ``window`` (n,)."""
    for r in range(len(values)):
        mean = 0.0
        for i in range(len(window)):
            mean += values[r, i]
        mean /= len(window)
        for i in range(len(window)):
            out[r, i] = (values[r, i] - mean) * window[i]


@kernel
def add_power(transform, power):  # type: ignore[no-untyped-def]
    """Add the squared magnitudes of ``transform`` (row, frequency) to ``power`` (frequency,)."""
    for r in range(len(transform)):
        for i in range(len(power)):
            power[i] += transform[r, i].real ** 2 + transform[r, i].imag ** 2


@kernel
def largest_bend(values):  # type: ignore[no-untyped-def]
    """Largest magnitude of a second difference of ``values`` (n,)."""
    most = 0.0
    for i in range(1, len(values) - 1):
        most = max(most, abs(float(values[i - 1]) - 2.0 * values[i] + values[i + 1]))
    return most
