"""Circular moves: centre, radius and number of turns from the words of a G2 or G3 block."""

from dataclasses import dataclass
from math import atan2, copysign, hypot, pi, sqrt

from twin.program.control import Control, Words
from twin.program.words import WordError
from twin.units import INCH, MM

# How far the end point may lie off the circle about the centre, as in LinuxCNC 2.9: this length of the program's
# unit, or this part of the radius if that is more, but never more than a hundred times the length.
TOLERANCE = {MM: 0.02 * sqrt(2) * MM, INCH: 0.002 * sqrt(2) * INCH}  # m
RELATIVE = 1e-3
SMALLEST = 1.27e-6  # m: least radius, and how far a chord may exceed the diameter
_OFFSETS = "ijk"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc in its plane (first axis u, second v): centre [m], signed turns > 0 counter-clockwise."""

    centre: Point
    turns: int


def plane_axes(normal: int) -> tuple[int, int]:
    """First and second axis of the plane, so that (u, v, normal) is right-handed."""
    return (normal + 1) % 3, (normal + 2) % 3


def read_arc(control: Control, words: Words, clockwise: bool, start: tuple[float, ...], end: tuple[float, ...]) -> Arc:
    """Takes I J K, R and P. ``start`` and ``end`` are the programmed points [m].

    Raises:
        WordError: where centre and end point contradict each other or words are missing.
    """
    u, v = plane_axes(control.plane)
    turns = words.take_whole("p")
    if turns is not None and turns < 1:
        raise WordError(f"P{turns}: an arc has at least one turn", "P is the number of turns, 1 or more")
    offsets = [words.take(letter) for letter in _OFFSETS]
    radius = words.take("r")
    if offsets[control.plane] is not None:
        letter = _OFFSETS[control.plane].upper()
        raise WordError(f"{letter} word in a G{17 + (2 - control.plane)} arc", "the centre lies in the active plane")
    first, second = offsets[u], offsets[v]
    p, q = (start[u], start[v]), (end[u], end[v])
    if radius is not None:
        if first is not None or second is not None:
            raise WordError("an arc with R and a centre", "give either R or I J K")
        centre = _centre_from_radius(p, q, radius * control.scale, clockwise)
    else:
        names = f"{_OFFSETS[u]} and {_OFFSETS[v]}".upper()
        if first is None and second is None:
            raise WordError("an arc without centre and radius", f"give {names}, or R")
        if control.arc_absolute:
            if first is None or second is None:
                raise WordError("an arc centre with one of two words after G90.1", f"give both {names}, or G91.1")
            centre = first * control.scale, second * control.scale
        else:
            centre = p[0] + (first or 0.0) * control.scale, p[1] + (second or 0.0) * control.scale
        _check_radii(p, q, centre, TOLERANCE[control.scale])
    count = turns or 1
    return Arc(centre, -count if clockwise else count)


def radii_agree(first: float, last: float, tolerance: float) -> bool:
    """Whether the radii at the start and the end of an arc are near enough to each other, and no points."""
    if first < SMALLEST or last < SMALLEST:
        return False
    wrong = abs(first - last)
    return wrong <= tolerance or (wrong <= 100 * tolerance and wrong <= RELATIVE * max(first, last))


def _check_radii(p: Point, q: Point, centre: Point, tolerance: float) -> None:
    first, last = hypot(p[0] - centre[0], p[1] - centre[1]), hypot(q[0] - centre[0], q[1] - centre[1])
    if first < SMALLEST or last < SMALLEST:
        raise WordError("an arc of radius zero", "the centre must lie off the start and the end point")
    if not radii_agree(first, last, tolerance):
        raise WordError(
            f"arc radius {first * 1e3:.6g} mm at the start, {last * 1e3:.6g} mm at the end",
            "correct the end point or the centre (I J K; absolute only after G90.1)",
        )


def _centre_from_radius(p: Point, q: Point, radius: float, clockwise: bool) -> Point:
    du, dv = q[0] - p[0], q[1] - p[1]
    half = hypot(du, dv) / 2
    if half == 0:
        raise WordError("an arc with R that ends where it starts", "a full circle needs its centre: I J K")
    size = abs(radius)
    if half - size > SMALLEST:
        raise WordError(
            f"R{size * 1e3:.6g} mm is too small to reach the end point, {2 * half * 1e3:.6g} mm away", "correct R"
        )
    # The centre lies beside the middle of the chord; left of it for a short counter-clockwise arc.
    height = sqrt(max(size**2 - half**2, 0.0))
    side = height if (radius > 0) != clockwise else -height
    return (p[0] + q[0]) / 2 - dv / (2 * half) * side, (p[1] + q[1]) / 2 + du / (2 * half) * side


def swept_angle(p: Point, q: Point, arc: Arc) -> float:
    """Signed angle from ``p`` to ``q`` [rad]: the sign of the turns, between 0 and 2 pi for the last turn."""
    a = atan2(p[1] - arc.centre[1], p[0] - arc.centre[0])
    b = atan2(q[1] - arc.centre[1], q[0] - arc.centre[0])
    angle = (b - a) % (2 * pi) if arc.turns > 0 else -((a - b) % (2 * pi))
    if abs(angle) < 1e-12:
        angle = copysign(2 * pi, arc.turns)
    return angle + copysign(2 * pi, arc.turns) * (abs(arc.turns) - 1)


def arc_length(start: tuple[float, ...], end: tuple[float, ...], normal: int, arc: Arc) -> float:
    """Length of the arc or helix [m]."""
    u, v = plane_axes(normal)
    p = (start[u], start[v])
    radius = hypot(p[0] - arc.centre[0], p[1] - arc.centre[1])
    return hypot(radius * swept_angle(p, (end[u], end[v]), arc), end[normal] - start[normal])
