"""Error functions of one axis (ISO 230-1): six errors of its position, and the location of its line."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.errors import InputError
from twin.units import Angle, Length


@dataclass(frozen=True, kw_only=True)
class DisplacementTerm:
    """EXX, EYX … of an axis as a function of its position p."""

    polynomial: tuple[Length, ...] = ()
    """Coefficients of 1, s, s² … with s = -1 at the lower and +1 at the upper end of the travel."""
    table: tuple[Length, ...] = ()
    """Values at ``position``, straight lines between, constant outside; added to the polynomial."""
    position: tuple[Length, ...] = ()
    """Axis positions of the table, ascending."""
    scatter: Length
    """Standard deviation of the value."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class RotationTerm:
    """EAX, EBX … of an axis as a function of its position p; the fields as in DisplacementTerm."""

    polynomial: tuple[Angle, ...] = ()
    table: tuple[Angle, ...] = ()
    position: tuple[Length, ...] = ()
    scatter: Angle
    source: str


@dataclass(frozen=True, kw_only=True)
class Squareness:
    """A0Z, B0Z, C0Y: rotation of an axis's line from its place square to the others."""

    value: Angle
    scatter: Angle
    """Standard deviation."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class AxisErrors:
    """Numbers of the error functions of one axis; rows are EX., EY., EZ. [m], EA., EB., EC. [rad]."""

    location: Array  # (6,) [m, rad] displacement and rotation vector of the axis's line
    polynomial: Array  # (6, degree + 1) coefficients of s**k
    table: Array  # (6, knot) added values; knot may be 0
    knot: Array  # (knot,) [m] ascending
    centre: Array  # () [m] of the travel
    half_travel: Array  # () [m]


def axis_errors(
    name: str,
    travel: tuple[float, float],
    displacement: Mapping[str, DisplacementTerm],
    rotation: Mapping[str, RotationTerm],
    location: Mapping[str, Squareness],
) -> AxisErrors:
    """Return the error functions of the axis called ``name``.

    Args:
        travel: lower and upper end of the axis position [m].
        displacement: terms called EX, EY, EZ + ``name``; those missing are zero.
        rotation: terms called EA, EB, EC + ``name``.
        location: terms called A0, B0, C0 + ``name``.

    Raises:
        InputError: a term that is not of this axis, or a table that is not one.
    """
    names = [f"E{letter}{name}" for letter in "XYZABC"]
    for given, allowed in ((displacement, names[:3]), (rotation, names[3:])):
        for key in given:
            if key not in allowed:
                raise InputError(f"axis {name} has no error {key} there", remedy="one of " + ", ".join(allowed))
    terms: dict[str, DisplacementTerm | RotationTerm] = {**displacement, **rotation}
    known = [(names.index(key), _checked(key, term)) for key, term in terms.items()]
    polynomial = np.zeros((6, max([1, *(len(term.polynomial) for _, term in known)])))
    # piecewise linear functions stay exact on the union of their knots
    knot = np.unique(np.concatenate([[], *(term.position for _, term in known)]))
    table = np.zeros((6, len(knot)))
    for row, term in known:
        polynomial[row, : len(term.polynomial)] = term.polynomial
        if term.table:
            table[row] = np.interp(knot, term.position, term.table)
    squareness = [location[k].value if (k := f"{letter}0{name}") in location else 0.0 for letter in "ABC"]
    return AxisErrors(
        location=np.array([0.0, 0.0, 0.0, *squareness]),
        polynomial=polynomial,
        table=table,
        knot=knot,
        centre=np.asarray(sum(travel) / 2),
        half_travel=np.asarray((travel[1] - travel[0]) / 2),
    )


def _checked(key: str, term: DisplacementTerm | RotationTerm) -> DisplacementTerm | RotationTerm:
    if len(term.table) != len(term.position):
        raise InputError(
            f"{key}: {len(term.table)} table values for {len(term.position)} positions", remedy="one value per position"
        )
    if any(b <= a for a, b in zip(term.position, term.position[1:], strict=False)):
        raise InputError(f"{key}: table positions do not ascend", remedy="sort them")
    return term


def errors_at(errors: AxisErrors, position: jax.Array) -> jax.Array:
    """Six errors (6,) [m, rad] of one axis at one ``position`` () [m]; beyond the travel as at its end."""
    s = jnp.clip((position - errors.centre) / errors.half_travel, -1.0, 1.0)
    value = errors.polynomial[:, -1]
    for k in range(errors.polynomial.shape[1] - 2, -1, -1):
        value = value * s + errors.polynomial[:, k]
    if errors.knot.size == 0:
        return value
    if errors.knot.size == 1:
        return value + errors.table[:, 0]
    i = jnp.clip(jnp.searchsorted(errors.knot, position), 1, errors.knot.size - 1)
    weight = (position - errors.knot[i - 1]) / (errors.knot[i] - errors.knot[i - 1])
    weight = jnp.clip(weight, 0.0, 1.0)
    return value + errors.table[:, i - 1] * (1 - weight) + errors.table[:, i] * weight
