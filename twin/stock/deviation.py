"""Deviation of the surface from its provenance: a gather, a dot product and a minimum.

    deviation = min over candidates of  gap + error(segment, along) . normal

with the error of the tool point linear along each segment: exact to first order in the error, for an
envelope that is displaced and a minimum that may pass to another candidate. Positive: material is left.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.stock.cut import Provenance

SAMPLES = 1 << 14  # samples are padded to a multiple of this above it, to a power of two below
BLOCK = 1 << 13  # samples times scenarios worked on at once: what the caches hold


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Candidates:
    """Provenance as JAX arrays, padded; candidates that are none have an infinite gap and a zero normal."""

    segment: Array  # (sample, candidate) int32
    along: Array  # (sample, candidate) 0..1
    gap: Array  # (sample, candidate) [m]
    normal: Array  # (sample, candidate, 3)
    unseen: Array  # (sample,) [m] no unrecorded pass lies lower above the final surface; -inf at an edge


def candidates_of(provenance: Provenance, samples: np.ndarray | None = None) -> Candidates:
    """Candidates of ``samples`` (rows, default all), padded so that few shapes are ever compiled.

    The rows beyond the last sample have no candidates.
    """
    rows = np.arange(len(provenance.segment)) if samples is None else np.asarray(samples)
    n = len(rows)
    size = -(-n // SAMPLES) * SAMPLES if n > SAMPLES else 1 << max(n - 1, 1).bit_length()
    segment = provenance.segment[rows]
    none = segment < 0
    gap = np.where(none, np.inf, provenance.gap[rows])
    highest = np.where(none, -np.inf, provenance.gap[rows]).max(axis=1)
    unseen = np.where(provenance.overflow[rows], highest, provenance.band)
    unseen[provenance.edge[rows]] = -np.inf

    def padded(values: np.ndarray, fill: float, dtype: Any) -> np.ndarray:
        out = np.full((size, *values.shape[1:]), fill, dtype)
        out[:n] = values
        return out

    return Candidates(
        padded(np.where(none, 0, segment), 0, np.int32),
        padded(provenance.along[rows], 0.0, np.float64),
        padded(gap, np.inf, np.float64),
        padded(np.where(none[..., None], 0.0, provenance.normal[rows]), 0.0, np.float64),
        padded(unseen, np.inf, np.float64),
    )


def candidate_heights(candidates: Candidates, error: jax.Array) -> jax.Array:
    """Height (sample, candidate) [m] of every displaced candidate above the final surface; inf where none.

    Args:
        error: (segment, 2, 3) [m] of the tool point at the start and end of each segment.
    """
    at = error[candidates.segment]
    along = candidates.along[..., None]
    moved = at[..., 0, :] + along * (at[..., 1, :] - at[..., 0, :])
    return candidates.gap + jnp.sum(moved * candidates.normal, axis=-1)


def deviation(candidates: Candidates, error: jax.Array) -> jax.Array:
    """Deviation (sample,) [m] of the surface along its normal; > 0 material left, 0 where no tool made it.

    Differentiable in ``error``. For many scenarios :func:`deviations` is several times faster than a vmap of this.

    Args:
        error: (segment, 2, 3) [m] of the tool point at the start and end of each segment.
    """
    lowest = jnp.min(candidate_heights(candidates, error), axis=-1)
    return jnp.where(jnp.isfinite(lowest), lowest, 0.0)


def deviations(candidates: Candidates, errors: jax.Array) -> jax.Array:
    """:func:`deviation` for many scenarios: (scenario, sample) [m].

    The scenarios lie innermost, so that one gather fetches an error for all of them.

    Args:
        errors: (scenario, segment, 2, 3) [m].
    """
    n_scenarios, n_samples = errors.shape[0], len(candidates.gap)
    table = jnp.moveaxis(errors.reshape(n_scenarios, -1, 6), 0, -1)
    along = candidates.along[..., None]
    weight = jnp.concatenate([(1 - along) * candidates.normal, along * candidates.normal], axis=-1)
    # Both powers of two, or the one a multiple of the other.
    block = min(1 << max(BLOCK // n_scenarios, 1).bit_length(), n_samples)

    def lowest(part: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        segment, weight, gap = part
        moved = jnp.sum(weight[..., None] * table[segment], axis=2)
        return jnp.min(gap[..., None] + moved, axis=1)

    blocks = [a.reshape(-1, block, *a.shape[1:]) for a in (candidates.segment, weight, candidates.gap)]
    found = jax.lax.map(lowest, tuple(blocks)).reshape(n_samples, n_scenarios).T
    return jnp.where(jnp.isfinite(found), found, 0.0)


def deviation_by_source(candidates: Candidates, errors: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What each source of error contributes where the candidate that all of them together make lowest left its mark.

    Args:
        errors: (source, segment, 2, 3) [m]; their sum is the error of the tool point.

    Returns:
        contribution: (source, sample) [m], and
        form: (sample,) [m] gap of that candidate; the deviation is the form plus the sum of the contributions.
    """
    winner = jnp.argmin(candidate_heights(candidates, jnp.sum(errors, axis=0)), axis=-1)[:, None]
    segment = jnp.take_along_axis(candidates.segment, winner, axis=1)[:, 0]
    along = jnp.take_along_axis(candidates.along, winner, axis=1)
    normal = jnp.take_along_axis(candidates.normal, winner[..., None], axis=1)[:, 0]
    gap = jnp.take_along_axis(candidates.gap, winner, axis=1)[:, 0]
    at = errors[:, segment]
    moved = at[..., 0, :] + along[None] * (at[..., 1, :] - at[..., 0, :])
    return jnp.sum(moved * normal[None], axis=-1), jnp.where(jnp.isfinite(gap), gap, 0.0)


def doubtful(candidates: Candidates, error: jax.Array) -> jax.Array:
    """Samples (sample,) bool whose deviation could come from a pass that is not recorded.

    That is where the band was too small for this error, or more passes lay in it than were kept: the lowest
    that an unrecorded pass could come under any error that occurs is below the deviation found. Samples near
    an edge are always doubtful: a displaced tool may no longer reach them, or take them away.

    Args:
        error: (segment, 2, 3) [m], as for :func:`deviation`.
    """
    low, high = jnp.min(error, axis=(0, 1)), jnp.max(error, axis=(0, 1))
    normal = candidates.normal[:, 0]
    least = jnp.sum(jnp.minimum(normal * low[None], normal * high[None]), axis=-1)
    return deviation(candidates, error) > candidates.unseen + least
