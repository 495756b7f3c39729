"""What every cut asks of tool, spindle and part at a given feed, and how that grows with the feed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import kept
from twin.cutting import Contact, Cutters, CuttingCoefficients, beams, cutters, loads, static_deflection
from twin.cutting.deflection import Beams
from twin.cutting.edge import edge_elements
from twin.machine.tool import Tool
from twin.stock.cut import Cut

ROWS = 1 << 12  # cuts computed at once: one compiled shape, whatever the program
KINDS = ("force", "deflection", "form_error", "chip_most", "torque", "power")
FORM_ERROR = KINDS.index("form_error")


@dataclass(frozen=True)
class Walls:
    """Surface samples of the part by the cut that makes them, sorted by cut."""

    cut: np.ndarray  # (wall,) segment
    first: np.ndarray  # (wall,) its first sample
    of_sample: np.ndarray  # (sample,) row of ``cut``
    normal: np.ndarray  # (sample, 3)


@dataclass(frozen=True)
class Cuts:
    """The cutting segments of a program, and all that their demands need."""

    segment: np.ndarray  # (cut,) row of the path
    contact: Contact  # (cut, ...)
    spindle: np.ndarray  # (cut,) [rad/s]
    mills: Cutters
    beams: Beams
    coefficients: CuttingCoefficients
    walls: Walls
    still: np.ndarray  # (cut, 3) [m] displacement of the vibrating tool at no feed; NaN where the static one counts
    per_feed: np.ndarray  # (cut, 3) [s] by which it grows with the feed

    def rows(self, rows: np.ndarray) -> "Cuts":
        """Some of the cuts, of whose walls those that remain."""
        return replace(
            self,
            segment=self.segment[rows],
            contact=jax.tree.map(itemgetter(rows), self.contact),
            spindle=self.spindle[rows],
            still=self.still[rows],
            per_feed=self.per_feed[rows],
        )


def cuts_of(
    contact: Contact, spindle: np.ndarray, tools: Sequence[Tool], coefficients: CuttingCoefficients, removed: Cut
) -> Cuts:
    """The cuts of every tool."""
    mills = cutters(list(tools))
    arrays = jax.tree.map(np.asarray, contact)
    mine = np.flatnonzero(arrays.depth > 0)
    return Cuts(
        segment=mine,
        contact=jax.tree.map(itemgetter(mine), arrays),
        spindle=np.asarray(spindle)[mine],
        mills=mills,
        beams=beams(list(tools)),
        coefficients=coefficients,
        walls=_walls(removed),
        still=np.full((len(mine), 3), np.nan),
        per_feed=np.zeros((len(mine), 3)),
    )


def demands(cuts: Cuts, feed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope over the feed of each of KINDS for every cut, (kind, cut) [SI] and [SI / (m/s)].

    Args:
        cuts: the cuts.
        feed: (cut,) [m/s] along the path.
    """
    n = len(feed)
    values, slopes = np.zeros((len(KINDS), n)), np.zeros((len(KINDS), n))
    moved, moves = np.zeros((n, 3)), np.zeros((n, 3))
    others = np.delete(np.arange(len(KINDS)), FORM_ERROR)
    for first in range(0, n, ROWS):
        rows = np.arange(first, min(first + ROWS, n))
        some = np.resize(rows, ROWS)
        found = _demands(
            jax.tree.map(itemgetter(some), cuts.contact),
            feed[some],
            cuts.spindle[some],
            cuts.mills,
            cuts.beams,
            cuts.coefficients,
        )
        (value, vector), (slope, change) = jax.tree.map(np.asarray, found)
        values[np.ix_(others, rows)], slopes[np.ix_(others, rows)] = value[:, : len(rows)], slope[:, : len(rows)]
        moved[rows], moves[rows] = vector[: len(rows)], change[: len(rows)]
    vibrating = np.isfinite(cuts.still).all(axis=1)
    moved[vibrating] = (cuts.still + cuts.per_feed * feed[:, None])[vibrating]
    moves[vibrating] = cuts.per_feed[vibrating]
    values[FORM_ERROR], slopes[FORM_ERROR] = _form_error(cuts, moved, moves)
    return values, slopes


def _form_error(cuts: Cuts, moved: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest displacement along a normal of the surface that a cut makes (cut,) [m], and its slope."""
    walls = cuts.walls
    value, slope = np.zeros(len(moved)), np.zeros(len(moved))
    _, mine, row = np.intersect1d(cuts.segment, walls.cut, assume_unique=True, return_indices=True)
    if not len(mine):
        return value, slope
    of_wall = np.zeros((len(walls.cut), 3))
    of_wall[row] = moved[mine]
    along = np.einsum("sk,sk->s", of_wall[walls.of_sample], walls.normal)
    largest = np.maximum.reduceat(np.abs(along), walls.first)
    where = np.flatnonzero(np.abs(along) == largest[walls.of_sample])
    sample = where[np.searchsorted(walls.of_sample[where], np.arange(len(walls.cut)))]  # the first of each wall
    value[mine] = largest[row]
    slope[mine] = np.sign(along[sample[row]]) * np.einsum("ck,ck->c", moves[mine], walls.normal[sample[row]])
    return value, slope


def _walls(removed: Cut) -> Walls:
    surface, provenance = removed.surface, removed.provenance
    gap = np.where(provenance.segment >= 0, provenance.gap, np.inf)
    nearest = np.argmin(gap, axis=1)
    maker = provenance.segment[np.arange(len(nearest)), nearest]
    sample = np.flatnonzero(surface.machined & (maker >= 0))
    sample = sample[np.argsort(maker[sample], kind="stable")]
    cut, first, of_sample = np.unique(maker[sample], return_index=True, return_inverse=True)
    return Walls(cut, first, of_sample, surface.normal[sample].astype(float))


@kept
def _demands(
    contact: Contact,
    feed: jax.Array,
    spindle: jax.Array,
    mills: Cutters,
    tools: Beams,
    coefficients: CuttingCoefficients,
) -> tuple:
    def at(feed: jax.Array) -> tuple[jax.Array, jax.Array]:
        forces = loads(contact, feed, spindle, mills, coefficients)
        moved = static_deflection(contact, forces, tools)
        chip = thickest_chip(contact, feed, spindle, mills)
        size = _length(moved)
        return jnp.stack([forces.resultant_peak, size, chip, forces.torque_mean, forces.power_mean]), moved

    return jax.jvp(at, (jnp.asarray(feed),), (jnp.ones_like(jnp.asarray(feed)),))


def thickest_chip(contact: Contact, feed: jax.Array, spindle: jax.Array, mills: Cutters) -> jax.Array:
    """Thickest chip of a tooth in each segment (segment,) [m], square to the edge, without runout."""
    clockwise = spindle >= 0
    edge = edge_elements(contact, clockwise, mills)
    start, stop = edge.arc
    nearest = jnp.clip(np.pi / 2, start, jnp.maximum(stop, start))
    ahead = jnp.where(stop > start, jnp.sin(nearest), 0.0)  # (arc, element, segment)
    engaged = jnp.any(stop > start, axis=0)
    area = edge.side * jnp.max(ahead, axis=0) + edge.down
    length = jnp.where(edge.width > 0, edge.width, 1.0)
    share = jnp.max(jnp.max(edge.share, axis=0), axis=0)  # of the widest pitch
    chip = jnp.where(engaged & (edge.width > 0), jnp.maximum(area, 0.0) / length, 0.0)
    turning = spindle != 0
    per_revolution = jnp.where(turning, 2 * np.pi * feed / jnp.where(turning, jnp.abs(spindle), 1.0), 0.0)
    return jnp.max(chip, axis=0) * share * per_revolution


def _length(vector: jax.Array) -> jax.Array:
    squared = jnp.sum(vector**2, axis=-1)
    some = squared > 0
    return jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)
