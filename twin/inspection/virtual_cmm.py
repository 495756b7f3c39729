"""The virtual CMM: what a measuring machine would report of the predicted part, with its uncertainty.

The report is a function of the errors of the measuring machine (:mod:`twin.inspection.cmm`), through fits and datums;
its combined standard uncertainty comes from it twice: by the law of propagation (its Jacobian at no error, GUM 5.1.2)
and by Monte Carlo (GUM Supplement 1). They agree where the report is linear in the errors: sizes, places,
orientations, and forms much larger than the probe's error. A form of the size of the probe's error grows with it:
Monte Carlo then says by how much it is read too large (``mean_error``).

What scatters of the prediction itself (material, machine, surroundings, tools) enters in the same way, as lifts of the
probed points by each cause, and both are combined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.compiled import padded_rows
from twin.inspection import minimum_zone
from twin.inspection.callout import CHARACTERISTICS, FORM, Callout, check_callouts, nominal_of
from twin.inspection.cmm import Cmm
from twin.inspection.datum import alignment
from twin.inspection.features import Feature, Plane, frame
from twin.inspection.measuring import SOURCES, Part, Rows, drawn, propagated
from twin.inspection.probing import Probed

__all__ = ["SOURCES", "Reading", "read", "setup"]
DRAWS = 1000
MOST_DATUMS = 3
FEWEST_ROWS = 4  # of one kind, or of datums
N_CAUSES = 128  # kernels are compiled for so many, or a power of two more
N_OF = {kind.__name__: len(names) for kind, names in CHARACTERISTICS.items()}


@dataclass(frozen=True)
class Reading:
    """What the machine reports, (callout,) each; lengths in m."""

    callout: tuple[Callout, ...]
    nominal: np.ndarray
    value: np.ndarray  # of the predicted part, without error of the machine; NaN: too few samples of the surface
    minimum_zone: np.ndarray  # of roundness, cylindricity and flatness; NaN of others
    uncertainty: np.ndarray  # combined standard uncertainty of measuring, by propagation
    budget: np.ndarray  # (callout, source) standard uncertainty by source
    monte_carlo: np.ndarray  # combined standard uncertainty of measuring, by Monte Carlo
    mean_error: np.ndarray  # mean of the Monte Carlo readings minus value
    fixed: np.ndarray  # int: of the six motions of the part, how many the datums fix
    scatter: np.ndarray  # (callout, cause) change of the prediction by one standard deviation of each cause
    whole: np.ndarray  # combined standard uncertainty of measuring and prediction, by propagation
    whole_monte_carlo: np.ndarray  # the same by Monte Carlo


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
        made[name] = Rows(*(_padded(column) for column in zip(*parts, strict=True)))
    return Setup(made, _padded(used), tuple(place), origin, lever, np.array(fixed, dtype=int))


def read(
    features: Sequence[Feature],
    callouts: Sequence[Callout],
    probed: Probed,
    cmm: Cmm,
    expansion: float,
    effect: np.ndarray | None = None,
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
        effect: (cause, feature, point) [m] lift of the probed points by one standard deviation of each cause of
            scatter of the prediction; None: it is not known.
        draws: of Monte Carlo.
        seed: of its random numbers.
    """
    plan = setup(features, callouts)
    effect = np.zeros((0, *probed.height.shape)) if effect is None else effect
    n_causes = max(N_CAUSES, 1 << max(len(effect) - 1, 0).bit_length())
    part = Part(
        rows=plan.rows,
        datums=plan.datum,
        probed=probed,
        effect=np.concatenate([effect, np.zeros((n_causes - len(effect), *probed.height.shape))]),
        scale=np.array([cmm.probe, cmm.tip, cmm.place, cmm.scale, cmm.strain(expansion)]),
        origin=plan.origin,
        lever=np.asarray(plan.lever),
    )
    order = _order(plan)
    value, budget, scatter = (found[order] for found in propagated(part))
    sample = drawn(part, draws, seed)[..., order]
    there = np.array([all(probed.there[_number(features, n)] for n in (c.feature, *c.datums)) for c in callouts])
    value = np.where(there, value, np.nan)
    alone, whole = np.where(there, sample.std(axis=0, ddof=1), np.nan)
    measuring = np.where(there, np.sqrt(np.sum(budget**2, axis=1)), np.nan)
    return Reading(
        callout=tuple(callouts),
        nominal=(nominal := _nominals(features, callouts)),
        value=nominal + value,
        minimum_zone=_minimum_zones(features, callouts, probed),
        uncertainty=measuring,
        budget=budget,
        monte_carlo=alone,
        mean_error=sample[:, 0].mean(axis=0) - value,
        fixed=plan.fixed,
        scatter=np.where(there[:, None], scatter[:, : len(effect)], np.nan),
        whole=np.hypot(measuring, np.sqrt(np.sum(scatter**2, axis=1))),
        whole_monte_carlo=whole,
    )


def _nominals(features: Sequence[Feature], callouts: Sequence[Callout]) -> np.ndarray:
    return np.array([nominal_of(features[_number(features, c.feature)], c.characteristic) for c in callouts])


def _padded(rows: Sequence[Any]) -> np.ndarray:
    """With copies of the last row, so that reports that ask for other characteristics are compiled alike."""
    return padded_rows(np.array(rows), max(FEWEST_ROWS, 1 << (len(rows) - 1).bit_length()), mode="edge")


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
