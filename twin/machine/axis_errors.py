"""Error functions of one axis (ISO 230-1, ISO 230-7): six errors of its position, and the location of its line.

Each error is the sum of a polynomial, a table and a Fourier series of the axis position.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.errors import InputError
from twin.units import DEG, MM, Angle, Length


@dataclass(frozen=True, kw_only=True)
class DisplacementTerm:
    """EXX, EYX … of an axis as a function of its position p."""

    polynomial: tuple[Length, ...] = ()
    """Coefficients of 1, s, s² … with s = -1 at the lower and +1 at the upper end of the travel."""
    table: tuple[Length, ...] = ()
    """Values at ``position``, straight lines between, constant outside; added to the polynomial."""
    position: tuple[Length, ...] = ()
    """Positions of the table on a linear axis, ascending, within the travel."""
    angle: tuple[Angle, ...] = ()
    """Positions of the table on a rotary axis."""
    cosine: tuple[Length, ...] = ()
    """Fourier series: amplitudes of cos(2 pi k p / period), k = 1, 2 …; period: a turn, or ``error_period``."""
    sine: tuple[Length, ...] = ()
    """Amplitudes of sin(2 pi k p / period)."""
    scatter: Length
    """Standard deviation of the value."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class RotationTerm:
    """EAX, EBX … of an axis as a function of its position p; the fields as in DisplacementTerm."""

    polynomial: tuple[Angle, ...] = ()
    """Coefficients of s**k, s = -1 .. 1 over the travel."""
    table: tuple[Angle, ...] = ()
    """Values added at ``position`` (or ``angle``), linear between."""
    position: tuple[Length, ...] = ()
    """Where the table's values hold, of a linear axis."""
    angle: tuple[Angle, ...] = ()
    """Where the table's values hold, of a rotary axis."""
    cosine: tuple[Angle, ...] = ()
    """Fourier series: amplitudes of cos(2 pi k p / period), k = 1, 2 …"""
    sine: tuple[Angle, ...] = ()
    """Amplitudes of sin(2 pi k p / period)."""
    scatter: Angle
    """Standard deviation of the value."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Offset:
    """X0C, Y0C, Y0A …: displacement of a rotary axis's line from its nominal place, seen from its carrier."""

    value: Length
    """Along the axis that the first letter names."""
    scatter: Length
    """Standard deviation."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Squareness:
    """A0Z, B0Z, C0Y: rotation of an axis's line from its place square to the others; of rotary axes A0C, B0C …"""

    value: Angle
    """About the axis that the first letter names."""
    scatter: Angle
    """Standard deviation."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class AxisErrors:
    """Numbers of the error functions of one axis; rows are EX., EY., EZ. [m], EA., EB., EC. [rad].

    Of a rotary axis read position, knot, centre and half_travel in rad.
    """

    location: Array  # (6,) [m, rad] displacement and rotation vector of the axis's line
    polynomial: Array  # (6, degree + 1) coefficients of s**k
    table: Array  # (6, knot) added values; knot may be 0
    knot: Array  # (knot,) [m] ascending
    centre: Array  # () [m] of the travel
    half_travel: Array  # () [m]
    cosine: Array = field(default_factory=lambda: np.zeros((6, 0)))  # (6, harmonic) of cos(k phase), k = 1, 2 …
    sine: Array = field(default_factory=lambda: np.zeros((6, 0)))  # (6, harmonic)
    period: Array = field(default_factory=lambda: np.asarray(2 * np.pi))  # () [m or rad] of the first harmonic
    line: Array = field(default_factory=lambda: np.zeros(3))  # (3,) [m] nominal place of a rotary axis's line


def axis_errors(
    name: str,
    travel: tuple[float, float],
    displacement: Mapping[str, DisplacementTerm],
    rotation: Mapping[str, RotationTerm],
    location: Mapping[str, Squareness],
    *,
    offset: Mapping[str, Offset] | None = None,
    period: float | None = None,
    line: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> AxisErrors:
    """Return the error functions of the axis called ``name``, one of X Y Z A B C.

    Args:
        travel: lower and upper end of the axis position [m, of a rotary axis rad].
        displacement: terms called EX, EY, EZ + ``name``; those missing are zero.
        rotation: terms called EA, EB, EC + ``name``.
        location: terms called A0, B0, C0 + ``name``.
        offset: terms called X0, Y0, Z0 + ``name``.
        period: of the Fourier series [m]; a rotary axis has a turn.
        line: where the line of a rotary axis lies nominally [m].

    Raises:
        InputError: a term that is not of this axis, a table that is not one, a series without a period.
    """
    rotary = name in "ABC"
    names = [f"E{letter}{name}" for letter in "XYZABC"]
    for given, allowed in ((displacement, names[:3]), (rotation, names[3:])):
        for key in given:
            if key not in allowed:
                raise InputError(f"axis {name} has no error {key} there", remedy="one of " + ", ".join(allowed))
    terms: dict[str, DisplacementTerm | RotationTerm] = {**displacement, **rotation}
    known = [(names.index(key), term, _knots(key, term, travel, rotary)) for key, term in terms.items()]
    if any(term.cosine or term.sine for term in terms.values()) and not (rotary or (period and period > 0)):
        raise InputError(f"axis {name} has a Fourier series without a period", remedy="give error_period_mm")
    polynomial = np.zeros((6, max([1, *(len(term.polynomial) for _, term, _ in known)])))
    cosine, sine = np.zeros((2, 6, max([0, *(len(t) for _, term, _ in known for t in (term.cosine, term.sine))])))
    # piecewise linear functions stay exact on the union of their knots
    knot = np.unique(np.concatenate([[], *(knots for _, _, knots in known)]))
    table = np.zeros((6, len(knot)))
    for row, term, knots in known:
        polynomial[row, : len(term.polynomial)] = term.polynomial
        cosine[row, : len(term.cosine)], sine[row, : len(term.sine)] = term.cosine, term.sine
        if term.table:
            table[row] = np.interp(knot, knots, term.table)
    moved = [offset[k].value if offset and (k := f"{letter}0{name}") in offset else 0.0 for letter in "XYZ"]
    turned = [location[k].value if (k := f"{letter}0{name}") in location else 0.0 for letter in "ABC"]
    return AxisErrors(
        location=np.array([*moved, *turned]),
        polynomial=polynomial,
        table=table,
        knot=knot,
        centre=np.asarray(sum(travel) / 2),
        half_travel=np.asarray((travel[1] - travel[0]) / 2),
        cosine=cosine,
        sine=sine,
        period=np.asarray(2 * np.pi if rotary or period is None else period),
        line=np.asarray(line, dtype=float),
    )


def _knots(
    key: str, term: DisplacementTerm | RotationTerm, travel: tuple[float, float], rotary: bool
) -> tuple[float, ...]:
    """Positions of the table of ``term``, checked."""
    knots, wrong = (term.angle, term.position) if rotary else (term.position, term.angle)
    if wrong:
        kind, right = ("rotary", "angle_deg") if rotary else ("linear", "position_mm")
        raise InputError(f"{key}: the table of a {kind} axis has positions of the wrong unit", remedy=f"use {right}")
    if len(term.table) != len(knots):
        raise InputError(
            f"{key}: {len(term.table)} table values for {len(knots)} positions", remedy="one value per position"
        )
    if any(b <= a for a, b in zip(knots, knots[1:], strict=False)):
        raise InputError(f"{key}: table positions do not ascend", remedy="sort them")
    slack = 1e-9 * (travel[1] - travel[0])
    for value in knots:
        if not travel[0] - slack <= value <= travel[1] + slack:
            scale, unit = (DEG, "deg") if rotary else (MM, "mm")
            raise InputError(
                f"{key}: table position {value / scale:g} {unit} lies outside the travel "
                f"{travel[0] / scale:g} to {travel[1] / scale:g} {unit}",
                remedy="check the unit of the table, or the travel",
            )
    return knots


def errors_at(errors: AxisErrors, position: jax.Array) -> jax.Array:
    """Six errors (6,) [m, rad] of one axis at one ``position`` () [m, rad].

    Beyond the travel the polynomial, beyond its knots the table stays as at the end; the series goes on.
    """
    s = jnp.clip((position - errors.centre) / errors.half_travel, -1.0, 1.0)
    value = errors.polynomial[:, -1]
    for k in range(errors.polynomial.shape[1] - 2, -1, -1):
        value = value * s + errors.polynomial[:, k]
    if errors.cosine.shape[1]:
        phase = 2 * jnp.pi * position / errors.period * jnp.arange(1.0, errors.cosine.shape[1] + 1)
        value = value + errors.cosine @ jnp.cos(phase) + errors.sine @ jnp.sin(phase)
    if errors.knot.size == 0:
        return value
    if errors.knot.size == 1:
        return value + errors.table[:, 0]
    i = jnp.clip(jnp.searchsorted(errors.knot, position), 1, errors.knot.size - 1)
    weight = (position - errors.knot[i - 1]) / (errors.knot[i] - errors.knot[i - 1])
    weight = jnp.clip(weight, 0.0, 1.0)
    return value + errors.table[:, i - 1] * (1 - weight) + errors.table[:, i] * weight
