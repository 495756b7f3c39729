"""The virtual CMM: what a measuring machine would report of the predicted part, with its uncertainty.

Every error source of :mod:`twin.inspection.cmm` is a vector of independent numbers of unit variance. The report is a
function of them, through fits and datums; its combined standard uncertainty comes from it twice: by the law of
propagation (its Jacobian at no error, GUM 5.1.2) and by Monte Carlo (GUM Supplement 1). They agree where the report
is linear in the errors: sizes, places, orientations, and forms much larger than the probe's error. A form of the
size of the probe's error grows with it: Monte Carlo then says by how much it is read too large (``mean_error``).
The uncertainty is that of measuring the predicted part, not that of the prediction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, kept
from twin.inspection import fit, minimum_zone
from twin.inspection.callout import CHARACTERISTICS, FORM, Callout, check_callouts, nominal_of
from twin.inspection.cmm import Cmm
from twin.inspection.datum import alignment
from twin.inspection.features import Feature, Plane, frame
from twin.inspection.probing import Probed
from twin.inspection.zones import EVALUATE, Points

SOURCES = ("probe", "tip", "place", "scale", "temperature")
DRAWS = 1000
BATCH = 250  # draws at once: bounds the memory
MOST_DATUMS = 3
N_OF = {kind.__name__: len(names) for kind, names in CHARACTERISTICS.items()}
Errors = dict[str, Array]  # by source, of unit variance


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Rows:
    """Features of one kind, each in one datum system."""

    feature: Array  # (row,) int
    datum: Array  # (row, 3) int places in the datums; any where there is none
    matrix: Array  # (row, 3, 6, 4) from their situations to the motion of the part; zero where there is none
    free: Array  # (row, 2) direction in the feature's plane along which its zone may tilt


@dataclass(frozen=True)
class Reading:
    """What the machine reports, (callout,) each; lengths in m."""

    callout: tuple[Callout, ...]
    nominal: np.ndarray
    value: np.ndarray  # of the predicted part, without error of the machine; NaN: too few samples of the surface
    minimum_zone: np.ndarray  # of roundness, cylindricity and flatness; NaN of others
    uncertainty: np.ndarray  # combined standard uncertainty, by propagation
    budget: np.ndarray  # (callout, source) standard uncertainty by source
    monte_carlo: np.ndarray  # combined standard uncertainty, by Monte Carlo
    mean_error: np.ndarray  # mean of the Monte Carlo readings minus value
    fixed: np.ndarray  # int: of the six motions of the part, how many the datums fix


@dataclass(frozen=True)
class Setup:
    """The plan of evaluation: which rows, and where each callout finds its value."""

    rows: dict[str, Rows]
    datum: np.ndarray  # (datum,) int features that are datums; one at least
    place: tuple[tuple[str, int, int], ...]  # (callout,) kind, row, characteristic
    origin: np.ndarray  # (3,) [m] about which the part turns and strains
    lever: float  # [m]
    fixed: np.ndarray  # (callout,)


def setup(features: Sequence[Feature], callouts: Sequence[Callout]) -> Setup:
    """
    Raises:
        InputError: as :func:`twin.inspection.callout.check_callouts`.
    """
    check_callouts(callouts, features)
    number = {f.name: i for i, f in enumerate(features)}
    centres = np.array([f.centre for f in features], dtype=float)
    origin, lever = centres.mean(axis=0), max(float(np.ptp(centres, axis=0).max()), 1e-3)
    used = [number[name] for name in dict.fromkeys(d for c in callouts for d in c.datums)] or [0]
    wanted: dict[str, dict[tuple[int, tuple[str, ...]], int]] = {}
    place, fixed = [], []
    for callout in callouts:
        feature = features[number[callout.feature]]
        kind = type(feature)
        rows = wanted.setdefault(kind.__name__, {})
        row = rows.setdefault((number[callout.feature], callout.datums), len(rows))
        name = {"x": "u", "y": "v"}.get(callout.characteristic, callout.characteristic)
        place.append((kind.__name__, row, CHARACTERISTICS[kind].index(name)))
        fixed.append(alignment([features[number[d]] for d in callout.datums], origin, lever)[1])
    made = {}
    for name, rows in sorted(wanted.items()):  # JAX keeps mappings in the order of their keys
        parts = [_row(features, number, used, i, datums, origin, lever) for i, datums in rows]
        made[name] = Rows(*(np.array(column) for column in zip(*parts, strict=True)))
    return Setup(made, np.array(used), tuple(place), origin, lever, np.array(fixed, dtype=int))


def read(
    features: Sequence[Feature],
    callouts: Sequence[Callout],
    probed: Probed,
    cmm: Cmm,
    expansion: float,
    draws: int = DRAWS,
    seed: int = 0,
) -> Reading:
    """Measure the probed part.

    Args:
        features: as probed.
        callouts: what is asked of them.
        probed: points and heights of the predicted surface.
        cmm: the machine's errors.
        expansion: coefficient of the part [1/K].
        draws: of Monte Carlo.
        seed: of its random numbers.
    """
    plan = setup(features, callouts)
    scale = np.array([cmm.probe, cmm.tip, cmm.place, cmm.scale, cmm.strain(expansion)])
    given = (plan.rows, plan.datum, probed, scale, plan.origin, plan.lever)
    keys = jax.random.split(jax.random.PRNGKey(seed), -(-draws // BATCH))
    order = _order(plan)
    value, budget = (np.asarray(v)[order] for v in _values_and_slopes(*given))
    sample = np.concatenate([np.asarray(_monte_carlo(*given, key)) for key in keys])[:draws, order]
    there = np.array([all(probed.there[_number(features, n)] for n in (c.feature, *c.datums)) for c in callouts])
    value = np.where(there, value, np.nan)
    nominal = np.array([nominal_of(features[_number(features, c.feature)], c.characteristic) for c in callouts])
    return Reading(
        callout=tuple(callouts),
        nominal=nominal,
        value=nominal + value,
        minimum_zone=_minimum_zones(features, callouts, probed),
        uncertainty=np.where(there, np.sqrt(np.sum(budget**2, axis=1)), np.nan),
        budget=budget,
        monte_carlo=np.where(there, sample.std(axis=0, ddof=1), np.nan),
        mean_error=sample.mean(axis=0) - value,
        fixed=plan.fixed,
    )


def _row(
    features: Sequence[Feature],
    number: dict[str, int],
    used: list[int],
    i: int,
    datums: tuple[str, ...],
    origin: np.ndarray,
    lever: float,
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    known = [features[number[name]] for name in datums[:MOST_DATUMS]]
    datum, matrix = np.zeros(MOST_DATUMS, dtype=int), np.zeros((MOST_DATUMS, 6, 4))
    for k, (name, part) in enumerate(zip(datums, alignment(known, origin, lever)[0], strict=False)):
        datum[k], matrix[k, :, : part.shape[1]] = used.index(number[name]), part
    free = np.zeros(2)
    if known and isinstance(features[i], Plane):  # a single datum leaves the turn about its direction open
        u, v, w = frame(features[i])
        about = frame(known[0])[2]
        if len(known) == 1 and abs(float(about @ w)) < 0.1:
            free = np.array([np.cross(about, w) @ u, np.cross(about, w) @ v])
    return i, datum, matrix, free


def _order(plan: Setup) -> np.ndarray:
    """Where each callout stands in the rows of all kinds, one after the other, all their characteristics."""
    offset, start = {}, 0
    for kind, rows in plan.rows.items():
        offset[kind] = start
        start += len(rows.feature) * N_OF[kind]
    return np.array([offset[kind] + row * N_OF[kind] + c for kind, row, c in plan.place], dtype=int)


def _number(features: Sequence[Feature], name: str) -> int:
    return next(i for i, f in enumerate(features) if f.name == name)


def _errors_of(key: Array | None, shape: tuple[int, int]) -> Errors:
    """Draws of unit variance: rectangular within the limits of the data sheet, normal for probe and temperature."""
    n, points = shape
    sizes = {"probe": (n, points), "tip": (1,), "place": (n, 2, 3), "scale": (6,), "temperature": (1,)}
    if key is None:
        return {name: jnp.zeros(size) for name, size in sizes.items()}
    keys = dict(zip(sizes, jax.random.split(key, len(sizes)), strict=True))
    wide = np.sqrt(3.0)
    return {
        name: jax.random.normal(keys[name], size)
        if name in ("probe", "temperature")
        else jax.random.uniform(keys[name], size, minval=-wide, maxval=wide)
        for name, size in sizes.items()
    }


def _values(
    rows: dict[str, Rows], datums: Array, probed: Probed, scale: Array, origin: Array, lever: Array, errors: Errors
) -> Array:
    """Every characteristic of every row, minus nominal [m], of the part as measured with ``errors``."""
    local = _measured(probed, scale, origin, errors)
    situation = _situations(probed, local, datums, lever)
    found = []
    for kind, row in rows.items():
        motion = jnp.einsum("rkij,rkj->ri", row.matrix, situation[row.datum])
        points = jax.vmap(_aligned, in_axes=(0, 0, 0, 0, None, None))(
            local[row.feature], probed.axes[row.feature], probed.centre[row.feature], motion, origin, lever
        )
        measured = Points(
            place=points,
            nominal=probed.position[row.feature],
            normal=probed.normal[row.feature],
            weight=probed.weight[row.feature],
            section=probed.section[row.feature][:, None, :] == probed.sections[None, :, None],
            size=probed.size[row.feature],
            half=probed.half[row.feature],
            free=row.free,
        )
        values = jax.vmap(EVALUATE[kind])(measured)
        found.append(values.ravel())
    return jnp.concatenate(found)


def _measured(probed: Probed, scale: Array, origin: Array, errors: Errors) -> Array:
    """Measured points (feature, point, 3) [m], each in the frame of its feature."""
    along = scale[0] * errors["probe"] + scale[1] * errors["tip"][0]
    local = probed.position + (probed.height + along)[..., None] * probed.normal
    part = jnp.einsum("fpi,fij->fpj", local, probed.axes) + probed.centre[:, None, :] - origin[None, None, :]
    a, b, c, d, e, f = scale[3] * errors["scale"]
    strain = jnp.stack([jnp.stack([a, d, e]), jnp.stack([0 * a, b, f]), jnp.stack([0 * a, 0 * a, c])])
    strain = strain + scale[4] * errors["temperature"][0] * jnp.eye(3)
    face = (probed.normal[..., 2] < 0).astype(int)  # the two faces of a wall are two places
    place = scale[2] * jnp.take_along_axis(errors["place"], face[..., None], axis=1)
    moved = jnp.einsum("fpj,ij->fpi", part, strain) + place
    return local + jnp.einsum("fpj,fij->fpi", moved, probed.axes)


def _situations(probed: Probed, local: Array, datums: Array, lever: Array) -> Array:
    """(datum, 4) of each, as axis or as plane; tilts times ``lever``."""

    def one(points: Array, normal: Array, weight: Array, size: Array) -> Array:
        scaled = jnp.stack([jnp.ones_like(lever), jnp.ones_like(lever), lever, lever])
        flat = jnp.sum(weight * jnp.abs(normal[:, 2])) > 0.5 * jnp.sum(weight)
        face, _ = fit.tilted_plane(points, weight, size)
        plane = jnp.concatenate([face[:1], face[1:] * lever, jnp.zeros(1)])
        # a plane has no axis, and a slope of the fit that is not taken must be a number too: any circle instead
        turn = jnp.linspace(0.0, 2 * jnp.pi, points.shape[0], endpoint=False)
        circle = size * jnp.stack([jnp.cos(turn), jnp.sin(turn), jnp.sin(2 * turn)], axis=1)
        axis, _, _ = fit.cylinder(jnp.where(flat, circle, points), jnp.where(flat, 1.0, weight), size)
        return jnp.where(flat, plane, axis * scaled)

    return jax.vmap(one)(local[datums], probed.normal[datums], probed.weight[datums], probed.size[datums])


def _aligned(points: Array, axes: Array, centre: Array, motion: Array, origin: Array, lever: Array) -> Array:
    """Points of one feature (point, 3), in its frame, after undoing the motion of the part."""
    part = points @ axes + (centre - origin)[None, :]
    turn, shift = motion[:3] / lever, motion[3:]
    return points - (jnp.cross(jnp.broadcast_to(turn, part.shape), part) + shift[None, :]) @ axes.T


@kept
def _values_and_slopes(
    rows: dict[str, Rows], datums: Array, probed: Probed, scale: Array, origin: Array, lever: Array
) -> tuple[Array, Array]:
    """Values (value,) and standard uncertainty by source (value, source) [m]."""
    at = _errors_of(None, probed.height.shape)
    function = partial(_values, rows, datums, probed, scale, origin, lever)
    slopes = jax.jacrev(function)(at)
    by_source = [jnp.sqrt(jnp.sum(s.reshape(s.shape[0], -1) ** 2, axis=1)) for s in (slopes[n] for n in SOURCES)]
    return function(at), jnp.stack(by_source, axis=1)


@kept
def _monte_carlo(
    rows: dict[str, Rows], datums: Array, probed: Probed, scale: Array, origin: Array, lever: Array, key: Array
) -> Array:
    """Values (draw, value) [m] with random errors."""
    draw = jax.vmap(lambda k: _errors_of(k, probed.height.shape))(jax.random.split(key, BATCH))
    return jax.vmap(partial(_values, rows, datums, probed, scale, origin, lever))(draw)


def _minimum_zones(features: Sequence[Feature], callouts: Sequence[Callout], probed: Probed) -> np.ndarray:
    """Minimum zones of form, of the part without error of the machine (callout,) [m]; NaN of other characteristics."""
    zone = np.full(len(callouts), np.nan)
    for i, callout in enumerate(callouts):
        if callout.characteristic not in FORM:
            continue
        k = _number(features, callout.feature)
        if not probed.there[k]:
            continue
        there = np.asarray(probed.weight[k]) > 0
        points = (probed.position[k] + probed.height[k][:, None] * probed.normal[k])[there]
        section = probed.section[k][there]
        if callout.characteristic == "roundness":
            circles = [points[section == s][:, :2] for s in np.unique(section)]
            zone[i] = max(minimum_zone.roundness(circle)[0] for circle in circles)
        else:
            width = minimum_zone.cylindricity if callout.characteristic == "cylindricity" else minimum_zone.flatness
            zone[i] = width(points)[0]
    return zone
