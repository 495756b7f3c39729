"""The report of a measuring machine as a function of its errors: compiled kernels of the virtual CMM.

Every error, of the machine or of the prediction, moves the measured points. The law of propagation (GUM 5.1.2) takes
the slopes of each characteristic in the points of its own feature and of its datums, once, and from there on every
source is linear algebra; Monte Carlo (GUM Supplement 1) draws all errors and fits anew.
"""

from dataclasses import dataclass
from functools import partial

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


@kept
def propagated(part: Part) -> tuple[Array, Array, Array]:
    """Every characteristic of every row, minus nominal, and what makes it uncertain.

    Returns:
        values (value,) [m]; standard uncertainty by source of the machine (value, source) [m]; change by one standard
        deviation of each cause of scatter of the prediction (value, cause) [m].
    """
    local = part.probed.position + part.probed.height[..., None] * part.probed.normal
    datum = (*_of_datums(part, local), part.lever)
    situation = jax.vmap(_situation, in_axes=(0, 0, 0, 0, None))(*datum)
    slope = jax.vmap(jax.jacrev(_situation), in_axes=(0, 0, 0, 0, None))(*datum)
    found = [_of_kind(part, kind, rows, local, situation, slope) for kind, rows in part.rows.items()]
    values, budget, scatter = (jnp.concatenate(some) for some in zip(*found, strict=True))
    return values, budget, scatter


@kept
def drawn(part: Part, key: Array) -> Array:
    """Values (draw, 2, value) [m] with random errors of the machine alone, and of the prediction too."""

    def one(key: jax.Array) -> jax.Array:
        of_machine, of_prediction = jax.random.split(key)
        errors = _errors_of(of_machine, part.probed.height.shape)
        lift = jnp.tensordot(jax.random.normal(of_prediction, part.effect.shape[:1]), part.effect, axes=1)
        return jax.vmap(partial(_values, part, errors))(jnp.stack([jnp.zeros_like(lift), lift]))

    return jax.vmap(one)(jax.random.split(key, BATCH))


def _errors_of(key: jax.Array, shape: tuple[int, int]) -> Errors:
    """Draws of unit variance: rectangular within the limits of the data sheet, normal for probe and temperature."""
    n, points = shape
    sizes = {"probe": (n, points), "tip": (1,), "place": (n, 2, 3), "scale": (6,), "temperature": (1,)}
    keys = dict(zip(sizes, jax.random.split(key, len(sizes)), strict=True))
    wide = np.sqrt(3.0)
    return {
        name: jax.random.normal(keys[name], size)
        if name in ("probe", "temperature")
        else jax.random.uniform(keys[name], size, minval=-wide, maxval=wide)
        for name, size in sizes.items()
    }


def _values(part: Part, errors: Errors, lift: Array) -> Array:
    """Every characteristic of every row, minus nominal [m], of the part, lifted (feature, point) [m], as measured."""
    local = _measured(part, errors, lift)
    situation = jax.vmap(_situation, in_axes=(0, 0, 0, 0, None))(*_of_datums(part, local), part.lever)
    found = []
    for kind, rows in part.rows.items():
        motion = jnp.einsum("rkij,rkj->ri", rows.matrix, situation[rows.datum])
        evaluate = jax.vmap(partial(_characteristics, part, kind))
        found.append(evaluate(rows.feature, rows.free, local[rows.feature], motion).ravel())
    return jnp.concatenate(found)


def _of_kind(
    part: Part, kind: str, rows: Rows, local: Array, situation: Array, slope_of_datum: Array
) -> tuple[Array, Array, Array]:
    """:func:`propagated` of the rows of one kind.

    Args:
        local: (feature, point, 3) [m] in the frame of the feature.
        situation: (datum, 4), and its slopes (datum, 4, point, 3).
    """
    probed = part.probed
    evaluate = partial(_characteristics, part, kind)
    motion = jnp.einsum("rkij,rkj->ri", rows.matrix, situation[rows.datum])
    given = (rows.feature, rows.free, local[rows.feature], motion)
    values = jax.vmap(evaluate)(*given)  # (row, characteristic)
    own, by_motion = jax.vmap(jax.jacrev(evaluate, argnums=(2, 3)))(*given)
    by_datum = jnp.einsum("rci,rkij,rkjpa->rckpa", by_motion, rows.matrix, slope_of_datum[rows.datum])
    slope = jnp.concatenate([own[:, :, None], by_datum], axis=2)  # (row, characteristic, slot, point, axis of feature)
    slot = jnp.concatenate([rows.feature[:, None], part.datums[rows.datum]], axis=1)  # (row, slot): feature, datums

    # what moves a feature moves it in every slot that it stands in
    alike = (slot[:, :, None] == slot[:, None, :]).astype(float)
    along = jnp.einsum("rcspi,rspi->rcsp", slope, probed.normal[slot])
    in_part = jnp.einsum("rcspi,rsij->rcspj", slope, probed.axes[slot])
    place = jnp.einsum("fpi,fij->fpj", local, probed.axes) + (probed.centre - part.origin[None])[:, None, :]
    strain = jnp.einsum("rcspi,rspj->rcij", in_part, place[slot])
    face = (probed.normal[..., 2] < 0)[slot]  # the two faces of a wall are two places
    shifts = jnp.stack(
        [jnp.einsum("rcspi,rsp->rcsi", in_part, jnp.where(face == side, 1.0, 0.0)) for side in (False, True)], axis=-1
    )
    variance = [
        jnp.einsum("rcsp,rctp,rst->rc", along, along, alike),
        jnp.sum(along, axis=(2, 3)) ** 2,
        jnp.einsum("rcsid,rctid,rst->rc", shifts, shifts, alike),
        sum(strain[..., i, j] ** 2 for i, j in STRAINS),
        jnp.trace(strain, axis1=2, axis2=3) ** 2,
    ]
    budget = jnp.sqrt(jnp.stack(variance, axis=-1)) * part.scale[None, None, :]
    scatter = jnp.einsum("rcsp,krsp->rck", along, part.effect[:, slot])
    return values.ravel(), budget.reshape(-1, len(SOURCES)), scatter.reshape(-1, len(part.effect))


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
