"""The inspection report: every characteristic, nominal and predicted, and what each error source contributes.

A predicted point is its sample moved along its normal by the deviation. Characteristics are fitted to the
predicted points, so that they are differentiable in the deviation. The contribution of a source is the
gradient of the characteristic times that source's deviations, averaged over the way from no error to the
whole error (Aumann and Shapley 1974): contributions then add up even for flatness and roundness, which
are not linear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, kept
from twin.inspection import fit
from twin.inspection.features import Circle, Feature, Plane, Profile, Slot, Wall, frame, outset
from twin.inspection.select import Sorted, samples
from twin.stock.cut import Surface

MOST_SAMPLES = 1 << 12  # of one feature; a larger one is thinned evenly
FEWEST_SAMPLES = 8
NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)  # on the way from no error to the whole error


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Group:
    """The samples of all features of one kind, padded to one length; weight 0 is padding."""

    row: Array  # (feature, place) int sample of the surface
    position: Array  # (feature, place, 3) [m] in the frame of the feature
    normal: Array  # (feature, place, 3) in that frame
    weight: Array  # (feature, place) [m2] of surface
    size: Array  # (feature,) [m] radius of a circle, extent of a face


@dataclass(frozen=True)
class Plan:
    """Which samples make which characteristic; made once for a cut."""

    groups: dict[type, Group]
    order: dict[type, tuple[int, ...]]  # rows of the report, by kind
    name: tuple[str, ...]  # (characteristic,) of the feature
    characteristic: tuple[str, ...]  # (characteristic,)
    nominal: np.ndarray  # (characteristic,) [m]
    n_samples: np.ndarray  # (characteristic,) of the feature


@dataclass(frozen=True)
class Inspection:
    """The inspection report of one part; lengths in m."""

    name: tuple[str, ...]  # (characteristic,) of the feature
    characteristic: tuple[str, ...]  # (characteristic,) diameter, flatness …
    nominal: np.ndarray  # (characteristic,)
    predicted: np.ndarray  # (characteristic,); NaN where the feature has too few samples
    source: tuple[str, ...]  # (source,): "program", then the error sources, then "rest"
    contribution: np.ndarray  # (characteristic, source); their sum is predicted - nominal
    n_samples: np.ndarray  # (characteristic,) int


def plan(features: Sequence[Feature], surface: Surface, usable: np.ndarray | None = None) -> Plan:
    """Assign samples to features.

    Args:
        features: what is inspected.
        surface: samples of the machined part.
        usable: (sample,) bool; samples to leave out (provenance overflow) are False.
    """
    rows: list[np.ndarray] = []
    name: list[str] = []
    characteristic: list[str] = []
    nominal: list[float] = []
    count: list[int] = []
    order: dict[type, list[int]] = {}
    ordered = Sorted.of(surface)
    for feature in features:
        row = samples(feature, ordered)
        row = row if usable is None else row[usable[row]]
        rows.append(row)
        order.setdefault(type(feature), []).extend(range(len(name), len(name) + len(feature.nominal)))
        name += [feature.name] * len(feature.nominal)
        characteristic += feature.characteristics
        nominal += feature.nominal
        count += [len(row)] * len(feature.nominal)
    groups = {
        kind: _group([(f, r) for f, r in zip(features, rows, strict=True) if type(f) is kind], surface)
        for kind in order
    }
    return Plan(
        groups,
        {kind: tuple(places) for kind, places in order.items()},
        tuple(name),
        tuple(characteristic),
        np.array(nominal),
        np.array(count, dtype=int),
    )


def measure(plan: Plan, deviation: Any) -> Array:
    """Every characteristic [m], (characteristic,), of a part that deviates by ``deviation`` [m], (sample,)."""
    values = jnp.asarray(plan.nominal)
    for kind, group in plan.groups.items():
        found = _measure_group(kind, group, jnp.asarray(deviation)[group.row])
        values = values.at[jnp.array(plan.order[kind])].add(found.ravel())
    return values


def inspect(plan: Plan, total: np.ndarray, parts: np.ndarray, source: Sequence[str]) -> Inspection:
    """The report.

    Args:
        plan: samples of the features.
        total: (sample,) [m] deviation of the part along the normals.
        parts: (source, sample) [m] what each error source adds to it.
        source: names of the sources.
    """
    n_sources = len(source)
    contribution = np.zeros((len(plan.name), n_sources + 2))
    predicted = plan.nominal.copy()
    for kind, group in plan.groups.items():
        places = list(plan.order[kind])
        row = np.asarray(group.row)
        without, whole, by_source = _contributions(kind, group, total[row], parts[:, row])
        predicted[places] += np.asarray(whole).ravel()
        contribution[places, 0] = np.asarray(without).ravel()
        contribution[places, 1:-1] = np.asarray(by_source).reshape(n_sources, -1).T
    contribution[:, -1] = predicted - plan.nominal - contribution[:, :-1].sum(axis=1)
    return Inspection(
        plan.name,
        plan.characteristic,
        plan.nominal,
        predicted,
        ("program", *source, "rest"),
        contribution,
        plan.n_samples,
    )


def _group(members: list[tuple[Feature, np.ndarray]], surface: Surface) -> Group:
    thinned = [row[:: -(-len(row) // MOST_SAMPLES)] if len(row) else row for _, row in members]
    longest = max(FEWEST_SAMPLES, *(len(row) for row in thinned))
    length = 1 << (longest - 1).bit_length()
    row = np.zeros((len(members), length), dtype=int)
    weight = np.zeros((len(members), length))
    position, normal = np.zeros((2, len(members), length, 3))
    size = np.zeros(len(members))
    for i, ((feature, _), some) in enumerate(zip(members, thinned, strict=True)):
        n, axes = len(some), frame(feature)
        row[i, :n] = some
        weight[i, :n] = surface.area[some] if n >= FEWEST_SAMPLES else 0.0
        position[i, :n] = (surface.position[some] - np.asarray(feature.centre)) @ axes.T
        normal[i, :n] = surface.normal[some] @ axes.T
        size[i] = feature.diameter / 2 if isinstance(feature, Circle) else max(feature.size) / 2
        if isinstance(feature, (Wall, Slot)):  # distance of each face from where it should be
            position[i, :n, 2] -= np.sign(normal[i, :n, 2]) * outset(feature)
    return Group(row, position, normal, weight, size)


@partial(jax.jit, static_argnums=0)
def _measure_group(kind: type, group: Group, deviation: Array) -> Array:
    """(feature, characteristic) [m] differences from nominal; deviation (feature, place) [m]."""
    points = group.position + deviation[:, :, None] * group.normal
    errors = jax.vmap(_ERRORS[kind])(points, group.normal, group.weight, group.size, deviation)
    return jnp.where(jnp.sum(group.weight, axis=1, keepdims=True) > 0, errors, jnp.nan)


@partial(kept, static_argnums=(0,), quick=True)
def _contributions(kind: type, group: Group, total: Array, parts: Array) -> tuple[Array, Array, Array]:
    """Errors without and with the deviations, and by source (source, feature, characteristic) [m]."""
    at = jnp.asarray([0.0, *(1 + NODES) / 2, 1.0])
    weight = jnp.asarray([0.0, *WEIGHTS / 2, 0.0])

    def step(fraction: Array) -> tuple[Array, Array]:
        def along(part: Array) -> tuple[Array, Array]:
            return jax.jvp(partial(_measure_group, kind, group), (fraction * total,), (part,))

        return jax.vmap(along, out_axes=(None, 0))(parts)

    error, slope = jax.lax.map(step, at)
    return error[0], error[-1], jnp.tensordot(weight, slope, axes=1)


def _circle_error(points: Array, normal: Array, weight: Array, size: Array, deviation: Array) -> Array:
    centre, radius, residual = fit.circle(points[:, :2], weight, size)
    position = 2 * jnp.sqrt(jnp.maximum(jnp.sum(centre**2), 1e-30))  # ISO 1101: diameter of the zone
    return jnp.stack([2 * (radius - size), centre[0], centre[1], position, fit.spread(residual, weight)])


def _plane_error(points: Array, normal: Array, weight: Array, size: Array, deviation: Array) -> Array:
    height, residual = fit.plane(points, weight, size)
    return jnp.stack([height, fit.spread(residual, weight)])


def _wall_error(points: Array, normal: Array, weight: Array, size: Array, deviation: Array) -> Array:
    upper, _ = fit.plane(points, jnp.where(normal[:, 2] > 0, weight, 0.0), size)
    lower, _ = fit.plane(points, jnp.where(normal[:, 2] < 0, weight, 0.0), size)
    return (upper - lower)[None]


def _slot_error(points: Array, normal: Array, weight: Array, size: Array, deviation: Array) -> Array:
    return -_wall_error(points, normal, weight, size, deviation)  # the face that looks up is the lower one


def _profile_error(points: Array, normal: Array, weight: Array, size: Array, deviation: Array) -> Array:
    """ISO 1101 surface profile without alignment: the zone is twice the largest deviation from nominal."""
    mean = jnp.sum(weight * deviation) / jnp.sum(weight)
    return jnp.stack([2 * jnp.max(jnp.where(weight > 0, jnp.abs(deviation), 0.0)), mean])


_ERRORS = {Circle: _circle_error, Plane: _plane_error, Wall: _wall_error, Slot: _slot_error, Profile: _profile_error}
