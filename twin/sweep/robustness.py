"""How often each feature of a part is in tolerance, how capable the process is, and what to tighten first.

Monte Carlo over independent causes. Capability as in ISO 22514-2: Cpk = min(upper - mean, mean - lower) / 3 deviations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from twin.errors import InputError
from twin.sweep.scatter import Source, values_of

WITHIN_95 = 1.959964  # standard deviations of a normal
STEP = 0.1  # standard deviations, of the central differences
QUANTILE = 1.644854  # of a normal: 5 and 95 %, ends of the bars of a tornado chart


@dataclass(frozen=True)
class Judged:
    """Characteristics with their limits."""

    name: tuple[str, ...]  # (characteristic,) FEATURE.CHARACTERISTIC
    lower: np.ndarray  # (characteristic,) -inf where there is none
    upper: np.ndarray  # (characteristic,) inf where there is none
    source: tuple[str, ...] = ()  # (characteristic,) where they come from


@dataclass(frozen=True)
class Robustness:
    """What scatter makes of a part; values in the unit of the limits."""

    judged: Judged
    sources: tuple[Source, ...]
    z: np.ndarray  # (sample, source) standard deviations of each cause
    values: np.ndarray  # (sample, characteristic)
    nominal: np.ndarray  # (characteristic,) where no source deviates
    effect: np.ndarray  # (characteristic, source) change by one standard deviation of a source
    ends: np.ndarray  # (source, 2, characteristic) where one source alone is at its 5 and at its 95 % quantile

    @property
    def mean(self) -> np.ndarray:
        """(characteristic,)"""
        return self.values.mean(axis=0)

    @property
    def deviation(self) -> np.ndarray:
        """(characteristic,)"""
        return self.values.std(axis=0, ddof=1)

    @property
    def good(self) -> np.ndarray:
        """Which samples are in tolerance (sample, characteristic)."""
        return in_tolerance(self.values, self.judged)

    @property
    def good_part(self) -> np.ndarray:
        """Which parts are in tolerance in everything (sample,)."""
        return np.all(self.good, axis=1)

    @property
    def share(self) -> np.ndarray:
        """Of the variance of each characteristic (characteristic, source), to first order."""
        part = self.effect**2
        return part / np.maximum(part.sum(axis=1, keepdims=True), np.finfo(float).tiny)

    @property
    def explained(self) -> np.ndarray:
        """Part of the variance of each characteristic that is linear in the causes (characteristic,).

        The linear function has the effects at the nominal point, not those that would fit the drawn parts best.
        """
        left = self.values - self.nominal - self.z @ self.effect.T
        return 1 - left.var(axis=0) / np.maximum(self.values.var(axis=0), np.finfo(float).tiny)


@dataclass(frozen=True)
class Tightening:
    """What halving the scatter of one source alone would do, one row a source, the largest share first."""

    row: np.ndarray  # (source,) of Robustness.sources
    probability: np.ndarray  # (source,) that the whole part is in tolerance
    centred: np.ndarray  # (source,) the same, once every mean is brought to the middle of its two limits
    least_cpk: np.ndarray  # (source,) of all characteristics
    share: np.ndarray  # (source,) of the variance of all characteristics, each in units of its tolerance


def robustness(
    evaluate: Callable[[np.ndarray], np.ndarray],
    keys: Sequence[str],
    base: np.ndarray,
    sources: Sequence[Source],
    judged: Judged,
    n_samples: int,
    seed: int,
) -> Robustness:
    """Draw ``n_samples`` parts, and find the effect of each source.

    Args:
        evaluate: values of the keys (row, key) -> characteristics (row, characteristic).
        keys: what the sources move.
        base: (key,) where nothing deviates.
        sources: independent causes.
        judged: characteristics and limits, in the order and unit of ``evaluate``.
        n_samples: parts.
        seed: of the draw.

    Raises:
        InputError: no source, too few samples, or a characteristic that is not a number.
    """
    if not sources or n_samples < 2:
        raise InputError(f"{len(sources)} sources, {n_samples} samples", remedy="both are needed: state some scatter")
    z = np.random.default_rng(seed).standard_normal((n_samples, len(sources)))
    near = alone(sources, keys, base, [np.multiply.outer([-STEP, STEP], source.deviation) for source in sources])
    far = alone(
        sources, keys, base, [source.values(np.array([-QUANTILE, QUANTILE])) - source.base for source in sources]
    )
    found = np.asarray(evaluate(np.concatenate([base[None], near, far, values_of(sources, keys, base, z)])))
    if not np.isfinite(found).all():
        name = judged.name[int(np.argmin(np.isfinite(found).all(axis=0)))]
        raise InputError(f"{name} is not a number for some of the drawn parts", remedy="leave it out of the tolerances")
    at_near, at_far, values = np.split(found[1:], np.cumsum([len(near), len(far)]))
    pairs = at_near.reshape(len(sources), 2, -1)
    effect = (pairs[:, 1] - pairs[:, 0]).T / (2 * STEP)
    return Robustness(judged, tuple(sources), z, values, found[0], effect, at_far.reshape(len(sources), 2, -1))


def alone(sources: Sequence[Source], keys: Sequence[str], base: np.ndarray, moves: Sequence[np.ndarray]) -> np.ndarray:
    """Rows (source x move, key) in which one source after another moves its keys from ``base`` (key,) by ``moves``.

    Args:
        moves: of each source, (move, key of the source).
    """
    rows = []
    for source, steps in zip(sources, moves, strict=True):
        moved = np.tile(base, (len(steps), 1))
        moved[:, [keys.index(key) for key in source.keys]] += steps
        rows.append(moved)
    return np.concatenate(rows)


def in_tolerance(values: np.ndarray, judged: Judged) -> np.ndarray:
    """Whether ``values`` (..., characteristic) lie within the limits."""
    return (values >= judged.lower) & (values <= judged.upper)


def room(found: Robustness) -> np.ndarray:
    """What a change of a characteristic is compared with (characteristic,): half the width between its limits; with one
    limit, how far its mean lies from that, one deviation at least."""
    judged = found.judged
    both = np.isfinite(judged.lower) & np.isfinite(judged.upper)
    left = np.minimum(np.abs(judged.upper - found.mean), np.abs(found.mean - judged.lower))
    half = np.where(both, (judged.upper - judged.lower) / 2, np.maximum(left, found.deviation))
    return np.maximum(half, np.finfo(float).tiny)


def probability(good: np.ndarray) -> np.ndarray:
    """Share of ``good`` (sample, ...) and its 95 % interval (Clopper and Pearson 1934), (..., 3)."""
    n, count = len(good), np.sum(good, axis=0)
    low = np.where(count > 0, stats.beta.ppf(0.025, np.maximum(count, 1), n - count + 1), 0.0)
    high = np.where(count < n, stats.beta.ppf(0.975, count + 1, np.maximum(n - count, 1)), 1.0)
    return np.stack([count / n, low, high], axis=-1)


def capability(values: np.ndarray, judged: Judged) -> np.ndarray:
    """Cpk of ``values`` (sample, characteristic) and its 95 % interval after Bissell (1990), (characteristic, 3)."""
    n, middle, deviation = len(values), values.mean(axis=0), values.std(axis=0, ddof=1)
    room = np.minimum(judged.upper - middle, middle - judged.lower)
    with np.errstate(divide="ignore"):
        cpk = room / (3 * deviation)
    error = WITHIN_95 * np.sqrt(1 / (9 * n) + cpk**2 / (2 * (n - 1)))
    return np.stack([cpk, cpk - error, cpk + error], axis=-1)


def tightening(found: Robustness) -> Tightening:
    """Every source with half its scatter: each drawn part moves back by half of what that source did to it.

    To first order in the source, on the same parts, so that small gains are not lost in the noise of another draw.
    """
    probabilities, middle, least = [], [], []
    for column in range(len(found.sources)):
        values = found.values - 0.5 * np.outer(found.z[:, column], found.effect[:, column])
        probabilities.append(in_tolerance(values, found.judged).all(axis=1).mean())
        middle.append(in_tolerance(centred(values, found.judged), found.judged).all(axis=1).mean())
        least.append(capability(values, found.judged)[:, 0].min())
    used = np.sum((found.effect / room(found)[:, None]) ** 2, axis=0)
    share = used / max(used.sum(), np.finfo(float).tiny)
    row = np.argsort(-share, kind="stable")
    return Tightening(row, np.array(probabilities)[row], np.array(middle)[row], np.array(least)[row], share[row])


def centred(values: np.ndarray, judged: Judged) -> np.ndarray:
    """``values`` (sample, characteristic) with the mean in the middle of the limits where there are two."""
    both = np.isfinite(judged.lower) & np.isfinite(judged.upper)
    middle = np.where(both, np.where(both, judged.lower, 0.0) + np.where(both, judged.upper, 0.0), 0.0) / 2
    return np.where(both, values - values.mean(axis=0) + middle, values)


def share_by_group(found: Robustness) -> dict[str, np.ndarray]:
    """Group of sources -> its share of the variance of each characteristic (characteristic,)."""
    groups = dict.fromkeys(source.group for source in found.sources)
    member = np.array([source.group for source in found.sources])
    return {group: found.share[:, member == group].sum(axis=1) for group in groups}
