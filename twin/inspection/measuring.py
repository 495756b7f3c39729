"""The report of a measuring machine as a function of its errors: the kernels of the virtual CMM.

Every error, of the machine or of the prediction, moves the measured points. The law of propagation (GUM 5.1.2) takes
the slopes of each characteristic in the points of its own feature and of its datums, once, and from there on every
source is linear algebra; Monte Carlo (GUM Supplement 1) draws all errors and fits anew. Only fits and their slopes are
compiled: the rest is done by NumPy, which needs no compiler.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, kept
from twin.inspection import fit
from twin.inspection.probing import Probed
from twin.inspection.zones import EVALUATE, Points

SOURCES = ("probe", "tip", "place", "scale", "temperature")
BATCH = 250  # draws at once: bounds the memory
STRAINS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))  # of the machine: three scales, three squarenesses
Errors = dict[str, Array]  # by source, of unit variance


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Rows:
    """Features of one kind, each in one datum system."""

    feature: Array  # (row,) int
    datum: Array  # (row, 3) int places in the datums; any where there is none
    matrix: Array  # (row, 3, 6, 4) from their situations to the motion of the part; zero where there is none
    free: Array  # (row, 2) direction in the feature's plane along which its zone may tilt


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Part:
    """The probed part, what is asked of it and what is uncertain of it."""

    rows: dict[str, Rows]  # by kind of feature
    datums: Array  # (datum,) int features
    probed: Probed
    effect: Array  # (cause, feature, point) [m] lift of the points by one standard deviation of each cause
    scale: Array  # (source,) standard deviation of each error of the machine, in the order of SOURCES
    origin: Array  # (3,) [m] about which the part turns and strains
    lever: Array  # () [m]


def propagated(part: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every characteristic of every row, minus nominal, and what makes it uncertain.

    Returns:
        values (value,) [m]; standard uncertainty by source of the machine (value, source) [m]; change by one standard
        deviation of each cause of scatter of the prediction (value, cause) [m].
    """
    slopes, of_datums = jax.tree.map(np.asarray, _slopes(part))
    found = [_of_rows(part, rows, slopes[kind], of_datums) for kind, rows in part.rows.items()]
    values, budget, scatter = (np.concatenate(some) for some in zip(*found, strict=True))
    return values, budget, scatter


def drawn(part: Part, draws: int, seed: int) -> np.ndarray:
    """Values (draw, 2, value) [m] with random errors of the machine alone, and of the prediction too."""
    random = np.random.default_rng(seed)
    batches = (_errors_of(random, part) for _ in range(0, draws, BATCH))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda batch: np.asarray(_evaluated(part, *batch)), batches))
    return np.concatenate(found)[:draws]


def _errors_of(random: np.random.Generator, part: Part) -> tuple[Errors, np.ndarray]:
    """A batch of draws: errors of unit variance, rectangular within the limits of the data sheet, normal for probe and
    temperature; lift of the points by what scatters of the prediction (draw, feature, point) [m]."""
    n, points = part.probed.height.shape

    def rectangular(*size: int) -> np.ndarray:
        return random.uniform(-np.sqrt(3.0), np.sqrt(3.0), (BATCH, *size))

    errors = {
        "probe": random.standard_normal((BATCH, n, points)),
        "tip": rectangular(1),
        "place": rectangular(n, 2, 3),
        "scale": rectangular(6),
        "temperature": random.standard_normal((BATCH, 1)),
    }
    return errors, np.tensordot(random.standard_normal((BATCH, len(part.effect))), part.effect, axes=1)


@kept
def _evaluated(part: Part, errors: Errors, lift: Array) -> Array:
    """Values (draw, 2, value) [m] without and with the lift, for a batch of draws.

    One draw after the other: what a fit works on then stays in the processor's cache, in 0.6 of the time.
    """

    def one(draw: tuple[Errors, Array]) -> Array:
        errors, lift = draw
        return jax.vmap(partial(_values, part, errors))(jnp.stack([jnp.zeros_like(lift), lift]))

    return jax.lax.map(one, (errors, lift))


def _values(part: Part, errors: Errors, lift: Array) -> Array:
    """Every characteristic of every row, minus nominal [m], of the part, lifted (feature, point) [m], as measured."""
    local = _measured(part, errors, lift)
    situation = jax.vmap(_situation, in_axes=(0, 0, 0, 0, None))(*_of_datums(part, local), part.lever)
    found = []
    for kind, rows in part.rows.items():
        evaluate = jax.vmap(partial(_characteristics, part, kind))
        found.append(evaluate(rows.feature, rows.free, local[rows.feature], _motion(rows, situation)).ravel())
    return jnp.concatenate(found)


class Slopes(NamedTuple):
    """Characteristics of the rows of one kind, without error, and how they change."""

    value: Array  # (row, characteristic) [m] minus nominal
    by_point: Array  # (row, characteristic, point, 3) in the axes of the feature
    by_motion: Array  # (row, characteristic, 6)


@partial(kept, quick=True)
def _slopes(part: Part) -> tuple[dict[str, Slopes], Array]:
    """Slopes of every kind, and those of the situations of the datums (datum, 4, point, 3)."""
    local = part.probed.position + part.probed.height[..., None] * part.probed.normal
    datum = (*_of_datums(part, local), part.lever)
    slope, situation = jax.vmap(_with_slopes(_situation, 0), in_axes=(0, 0, 0, 0, None))(*datum)

    def of_kind(kind: str, rows: Rows) -> Slopes:
        evaluate = partial(_characteristics, part, kind)
        given = (rows.feature, rows.free, local[rows.feature], _motion(rows, situation))
        (by_point, by_motion), value = jax.vmap(_with_slopes(evaluate, (2, 3)))(*given)
        return Slopes(value, by_point, by_motion)

    return {kind: of_kind(kind, rows) for kind, rows in part.rows.items()}, slope


def _with_slopes(function: Callable[..., Array], arguments: int | tuple[int, ...]) -> Callable[..., tuple[Any, Array]]:
    """Slopes in ``arguments``, and the value."""

    def twice(*given: Array) -> tuple[Array, Array]:
        value = function(*given)
        return value, value

    return jax.jacrev(twice, arguments, has_aux=True)


def _of_rows(part: Part, rows: Rows, slopes: Slopes, of_datums: np.ndarray) -> tuple[np.ndarray, ...]:
    """:func:`propagated` of the rows of one kind; ``of_datums`` are the slopes of situations (datum, 4, point, 3)."""
    probed = part.probed
    by_datum = np.einsum("rci,rkij,rkjpa->rckpa", slopes.by_motion, rows.matrix, of_datums[rows.datum], optimize=True)
    # (row, characteristic, slot, point, axis of feature)
    slope = np.concatenate([slopes.by_point[:, :, None], by_datum], axis=2)
    slot = np.concatenate([rows.feature[:, None], part.datums[rows.datum]], axis=1)  # (row, slot): feature, datums

    # what moves a feature moves it in every slot that it stands in
    alike = (slot[:, :, None] == slot[:, None, :]).astype(float)
    along = np.einsum("rcspi,rspi->rcsp", slope, probed.normal[slot])
    in_part = np.einsum("rcspi,rsij->rcspj", slope, probed.axes[slot])
    local = probed.position + probed.height[..., None] * probed.normal
    place = np.einsum("fpi,fij->fpj", local, probed.axes) + (probed.centre - part.origin)[:, None, :]
    strain = np.einsum("rcspi,rspj->rcij", in_part, place[slot], optimize=True)
    face = (probed.normal[..., 2] < 0)[slot]  # the two faces of a wall are two places
    shifts = np.stack([np.einsum("rcspi,rsp->rcsi", in_part, face == side) for side in (False, True)], axis=-1)
    variance = [
        np.einsum("rcsp,rctp,rst->rc", along, along, alike, optimize=True),
        np.sum(along, axis=(2, 3)) ** 2,
        np.einsum("rcsid,rctid,rst->rc", shifts, shifts, alike, optimize=True),
        sum(strain[..., i, j] ** 2 for i, j in STRAINS),
        np.trace(strain, axis1=2, axis2=3) ** 2,
    ]
    budget = np.sqrt(np.stack(variance, axis=-1)) * part.scale
    scatter = np.einsum("rcsp,krsp->rck", along, part.effect[:, slot], optimize=True)
    return slopes.value.ravel(), budget.reshape(-1, len(SOURCES)), scatter.reshape(-1, len(part.effect))


def _motion(rows: Rows, situation: Array) -> Array:
    """Motion of the part in the datum system of each row, (row, 6) [m], turns times the lever."""
    return jnp.einsum("rkij,rkj->ri", rows.matrix, situation[rows.datum])


def _measured(part: Part, errors: Errors, lift: Array) -> Array:
    """Measured points (feature, point, 3) [m], each in the frame of its feature."""
    probed, scale = part.probed, part.scale
    along = scale[0] * errors["probe"] + scale[1] * errors["tip"][0] + lift
    local = probed.position + (probed.height + along)[..., None] * probed.normal
    place = jnp.einsum("fpi,fij->fpj", local, probed.axes) + (probed.centre - part.origin[None])[:, None, :]
    strain = scale[4] * errors["temperature"][0] * jnp.eye(3)
    for number, (i, j) in enumerate(STRAINS):
        strain = strain.at[i, j].add(scale[3] * errors["scale"][number])
    face = (probed.normal[..., 2] < 0).astype(int)
    shift = scale[2] * jnp.take_along_axis(errors["place"], face[..., None], axis=1)
    moved = jnp.einsum("fpj,ij->fpi", place, strain) + shift
    return local + jnp.einsum("fpj,fij->fpi", moved, probed.axes)


def _of_datums(part: Part, local: Array) -> tuple[Array, Array, Array, Array]:
    """Points, normals, weights and sizes of the datums."""
    p, row = part.probed, part.datums
    return local[row], p.normal[row], p.weight[row], p.size[row]


def _situation(points: Array, normal: Array, weight: Array, size: Array, lever: Array) -> Array:
    """(4,) of a datum, as axis or as plane; tilts times ``lever``."""
    scaled = jnp.stack([jnp.ones_like(lever), jnp.ones_like(lever), lever, lever])
    flat = jnp.sum(weight * jnp.abs(normal[:, 2])) > 0.5 * jnp.sum(weight)
    face, _ = fit.tilted_plane(points, weight, size)
    plane = jnp.concatenate([face[:1], face[1:] * lever, jnp.zeros(1)])
    # a plane has no axis, and a slope of the fit that is not taken must be a number too: any circle instead
    turn = jnp.linspace(0.0, 2 * jnp.pi, points.shape[0], endpoint=False)
    circle = size * jnp.stack([jnp.cos(turn), jnp.sin(turn), jnp.sin(2 * turn)], axis=1)
    axis, _, _ = fit.cylinder(jnp.where(flat, circle, points), jnp.where(flat, 1.0, weight), size)
    return jnp.where(flat, plane, axis * scaled)


def _characteristics(part: Part, kind: str, feature: Array, free: Array, points: Array, motion: Array) -> Array:
    """Values minus nominal (characteristic,) [m] of one feature, its points (point, 3), after the part's motion (6,) is
    undone."""
    probed = part.probed
    axes = probed.axes[feature]
    place = points @ axes + (probed.centre[feature] - part.origin)[None, :]
    turn, shift = motion[:3] / part.lever, motion[3:]
    aligned = points - (jnp.cross(jnp.broadcast_to(turn, place.shape), place) + shift[None, :]) @ axes.T
    return EVALUATE[kind](
        Points(
            place=aligned,
            nominal=probed.position[feature],
            normal=probed.normal[feature],
            weight=probed.weight[feature],
            section=probed.section[feature][None, :] == probed.sections[:, None],
            size=probed.size[feature],
            half=probed.half[feature],
            free=free,
        )
    )
