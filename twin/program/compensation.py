"""Cutter radius compensation, G40 to G42.1: the path of the tool's centre beside the programmed contour.

The rules are LinuxCNC's. The first move ends beside its programmed end; a convex corner gets an arc about the corner;
in a concave corner the two offset moves are cut back to where they meet. Rows are written at once and the last ones
are moved when the next block turns out to make a concave corner.
"""

from dataclasses import dataclass
from math import atan2, hypot, pi, sqrt

from twin.program.arcs import Arc, plane_axes
from twin.program.control import Control, Words
from twin.program.frame import Six
from twin.program.program import Op
from twin.program.words import WordError, g_name
from twin.units import INCH, MM

Point = tuple[float, float]

CORNER = 0.05  # rad: headings that differ by less make no corner
SLACK = {MM: 0.0254, INCH: 0.001}  # rad: an arc may sweep so much more than programmed, in a program of that unit


def switch_compensation(control: Control, code: int, words: Words) -> None:
    """G40, G41, G42 with D as tool number, G41.1 and G42.1 with D as diameter.

    Raises:
        WordError: where the plane, the tool or the state does not allow it.
    """
    if code == 400:
        if control.compensation is not None:
            control.compensation.finish()
            control.compensation = None
            control.arc_after_compensation = True
        return
    name = g_name(code)
    if control.compensation is not None:
        raise WordError(f"{name} while cutter compensation is on", "program G40 first")
    if control.plane == 0:
        raise WordError(f"{name} in the plane G19", "cutter compensation works in G17 and G18")
    if code in (411, 421):
        d = words.take("d")
        if d is None:
            raise WordError(f"{name} without D", "D is the diameter of the tool")
        diameter = d * control.scale
    else:
        number = words.take_whole("d")
        if number is not None and number < 0:
            raise WordError(f"D{number}: a negative tool number", "D is the number of a tool")
        tool = control.tool if number is None else number
        diameter = control.tool_diameter(tool) if tool else 0.0
    side = 1 if code in (410, 411) else -1
    control.compensation = Compensation(control, side if diameter >= 0 else -side, abs(diameter) / 2)


@dataclass(slots=True)
class _Piece:
    """The last offset move in the plane: it may still be cut back."""

    row: int  # its row; those after it stand at its end
    start: Point
    end: Point
    heading: Point  # unit, at the end
    centre: Point | None = None  # of an arc
    turns: int = 0
    sweep: float = 0.0  # of the programmed arc [rad]
    entry: bool = False  # the first move is never parallel to its contour


def _cross(a: Point, b: Point) -> float:
    return a[0] * b[1] - a[1] * b[0]


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1]


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _beside(p: Point, direction: Point, distance: float) -> Point:
    return p[0] + distance * direction[0], p[1] + distance * direction[1]


def _unit(a: Point) -> Point:
    length = hypot(*a)
    return a[0] / length, a[1] / length


def _heading_on_circle(centre: Point, at: Point, turns: int) -> Point:
    """Unit direction of motion of an arc at a point of it."""
    x, y = _unit(_minus(at, centre))
    return (-y, x) if turns > 0 else (y, -x)


class Compensation:
    """Compensation that is on; ``side`` +1 keeps the tool left of the contour, -1 right of it.

    Lengths in m, program coordinates of the active plane.
    """

    def __init__(self, control: Control, side: int, radius: float) -> None:
        self.side, self.radius = side, radius
        self._u, self._v = plane_axes(control.plane)
        self._normal, self._scale = control.plane, control.scale
        self._centre = self._in_plane(control.position)  # where the tool is
        self._last: _Piece | None = None

    def _in_plane(self, p: Six) -> Point:
        return p[self._u], p[self._v]

    def tool_point(self, programmed: Six) -> Six:
        """Where the tool is while the program is at ``programmed``."""
        return self._lift(self._centre, programmed)

    def _lift(self, p: Point, other: Six) -> Six:
        point = list(other)
        point[self._u], point[self._v] = p
        return tuple(point)  # type: ignore[return-value]

    def _left(self, heading: Point) -> Point:
        """Unit direction from the contour to the tool's centre."""
        return (-heading[1], heading[0]) if self.side > 0 else (heading[1], -heading[0])

    # moves ----------------------------------------------------------------------------------------------------
    def straight(self, control: Control, end: Six, rapid: bool) -> None:
        """A straight move to the programmed ``end``."""
        op = Op.RAPID if rapid else Op.FEED
        p, q = self._in_plane(control.position), self._in_plane(end)
        if p == q and self._last is not None:  # along the third axis: the tool stays where it is beside the contour
            control.recorder.row(op, control.line, self._lift(self._centre, end))
            control.position = end
            return
        if self._last is None and hypot(*_minus(q, p)) <= self.radius:
            raise WordError(
                "the first move of cutter compensation is not longer than the tool's radius", "lengthen the entry move"
            )
        heading = _unit(_minus(q, p))
        goal = _beside(q, self._left(heading), self.radius)
        self._join(control, p, heading, None, 0, self.radius)
        self._last = _Piece(len(control.recorder.op), self._centre, goal, heading, entry=self._last is None)
        self._centre = goal
        control.recorder.row(op, control.line, self._lift(goal, end))
        control.position = end

    def arc(self, control: Control, end: Six, arc: Arc) -> None:
        """An arc to the programmed ``end`` about the programmed centre."""
        p, q = self._in_plane(control.position), self._in_plane(end)
        inside = (arc.turns > 0) == (self.side > 0)
        size = hypot(*_minus(q, arc.centre))
        if inside and size <= self.radius:
            raise WordError(
                f"an arc of radius {size * 1e3:.6g} mm is too small inside for a tool of radius "
                f"{self.radius * 1e3:.6g} mm",
                "use a smaller tool",
            )
        last_heading = _heading_on_circle(arc.centre, q, arc.turns)
        goal = _beside(q, self._left(last_heading), self.radius)
        centre, entry = arc.centre, self._last is None
        if entry:
            centre = self._entry_centre(goal, last_heading)
        else:
            first_heading = _heading_on_circle(arc.centre, p, arc.turns)
            offset_radius = size - self.radius if inside else size + self.radius
            self._join(control, p, first_heading, arc.centre, arc.turns, offset_radius)
        sweep = _swept(p, q, arc.centre, arc.turns)
        self._last = _Piece(len(control.recorder.op), self._centre, goal, last_heading, centre, arc.turns, sweep, entry)
        self._centre = goal
        middle = [0.0, 0.0, 0.0]
        middle[self._u], middle[self._v], middle[self._normal] = *centre, control.position[self._normal]
        row = self._lift(goal, end)
        control.recorder.arc(control.line, row, (middle[0], middle[1], middle[2]), self._normal, arc.turns)
        control.position = end

    def _entry_centre(self, goal: Point, heading: Point) -> Point:
        """Centre of the arc from where the tool is to ``goal`` that arrives there with ``heading``."""
        back = _minus(self._centre, goal)
        normal = (-heading[1], heading[0])
        across = _dot(back, normal)
        if abs(across) < 1e-4 * hypot(*back):
            raise WordError("the entry arc of cutter compensation is straight", "enter with a line")
        return _beside(goal, normal, _dot(back, back) / (2 * across))

    # corners --------------------------------------------------------------------------------------------------
    def _join(
        self, control: Control, corner: Point, heading: Point, centre: Point | None, turns: int, radius: float
    ) -> None:
        """Between the last piece and the next: arc about the ``corner``, or both cut back, or nothing.

        ``heading`` is the next move's at the corner; ``centre`` and the offset ``radius`` are those of an arc.
        """
        last = self._last
        if last is None or self.radius == 0.0:
            return
        convex = self._convexity(last, heading, turns)
        if convex > CORNER and centre is None:
            self.finish()
        if convex > CORNER:
            start = _beside(corner, self._left(heading), self.radius)
            middle = [0.0, 0.0, 0.0]
            middle[self._u], middle[self._v], middle[self._normal] = *corner, control.position[self._normal]
            row = self._lift(start, control.position)
            control.recorder.arc(control.line, row, (middle[0], middle[1], middle[2]), self._normal, -self.side)
            self._centre = start
        elif convex < -CORNER:
            if last.centre is None and centre is None:
                point = self._line_line(last, corner, heading)
            elif last.centre is None:
                assert centre is not None
                point = self._line_circle(last.end, last.heading, centre, radius, turns, line_first=True)
            else:
                rest = hypot(*_minus(last.end, last.centre))
                if centre is None:
                    base = _beside(corner, self._left(heading), self.radius)
                    point = self._line_circle(base, heading, last.centre, rest, last.turns, line_first=False)
                else:
                    point = self._circle_circle(last.centre, rest, last.turns, centre, radius, turns)
            self._cut_back(control, last, point)

    def _convexity(self, last: _Piece, heading: Point, turns: int) -> float:
        """How far the contour turns away from the tool [rad], -pi/2 to 3 pi/2; negative: a concave corner."""
        turn = atan2(_cross(last.heading, heading), _dot(last.heading, heading))
        convex = -self.side * turn
        if convex < -pi / 2:
            convex += 2 * pi
        if convex > pi + CORNER:
            return convex - 2 * pi
        arc = turns or last.turns  # straight back along an arc that is passed outside: stay on this side of it
        outside = arc != 0 and (arc > 0) != (self.side > 0)
        if convex > pi - CORNER and outside:
            return convex - 2 * pi
        return convex

    def _line_line(self, last: _Piece, corner: Point, heading: Point) -> Point:
        a, b = self._left(last.heading), self._left(heading)
        scale = 1 + _dot(a, b)
        if scale < 1e-12:
            raise WordError("a corner that turns straight back into the material", "change the contour")
        return _beside(corner, (a[0] + b[0], a[1] + b[1]), self.radius / scale)

    def _line_circle(
        self, base: Point, heading: Point, centre: Point, radius: float, turns: int, line_first: bool
    ) -> Point:
        """Where an offset line and an offset arc meet with a turn towards the tool."""
        away = _minus(base, centre)
        across = _cross(heading, away)
        square = radius**2 - across**2
        if square < -1e-12 * radius**2:
            raise WordError("a corner of line and arc in which the tool does not fit", "use a smaller tool")
        for sign in (1.0, -1.0):
            point = _beside(base, heading, sign * sqrt(max(square, 0.0)) - _dot(heading, away))
            tangent = _heading_on_circle(centre, point, turns)
            turn = _cross(heading, tangent) if line_first else _cross(tangent, heading)
            if turn * self.side >= 0:
                break
        return point

    def _circle_circle(self, a: Point, ra: float, turns: int, b: Point, rb: float, next_turns: int) -> Point:
        """Where two offset arcs meet with a turn towards the tool."""
        between = _minus(b, a)
        distance = hypot(*between)
        if distance == 0 or not abs(ra - rb) <= distance <= ra + rb:
            raise WordError("a corner of two arcs in which the tool does not fit", "use a smaller tool")
        along = (distance**2 + ra**2 - rb**2) / (2 * distance)
        square = max(ra**2 - along**2, 0.0)
        x = _unit(between)
        foot = _beside(a, x, along)
        for sign in (1.0, -1.0):
            point = _beside(foot, (-x[1], x[0]), sign * sqrt(square))
            turn = _cross(_heading_on_circle(a, point, turns), _heading_on_circle(b, point, next_turns))
            if turn * self.side >= 0:
                break
        return point

    def _cut_back(self, control: Control, last: _Piece, point: Point) -> None:
        """The last piece, and what stands at its end, ends at ``point``."""
        if not last.entry:
            self._check_reachable(last, point)
        recorder = control.recorder
        lists = (recorder.x, recorder.y, recorder.z)
        for row in range(last.row, len(recorder.op)):
            lists[self._u][row], lists[self._v][row] = point
        self._centre = point

    def finish(self) -> None:
        """The last piece ends where it ends now.

        Raises:
            WordError: where a corner before it has left nothing of it.
        """
        if self._last is not None and not self._last.entry:
            self._check_reachable(self._last, self._last.end)

    def _check_reachable(self, last: _Piece, point: Point) -> None:
        if last.centre is None:
            reverses = _dot(_minus(point, last.start), last.heading) < 0
        else:
            reverses = _swept(last.start, point, last.centre, last.turns) > last.sweep + SLACK[self._scale]
        if reverses:
            raise WordError("a concave corner that the tool cannot reach without gouging", "use a smaller tool")


def _swept(start: Point, end: Point, centre: Point, turns: int) -> float:
    """Angle of the last turn of an arc [rad], above 0 to 2 pi."""
    a, b = _minus(start, centre), _minus(end, centre)
    angle = atan2(_cross(a, b), _dot(a, b))
    angle = (angle if turns > 0 else -angle) % (2 * pi)
    return angle if angle > 1e-9 else 2 * pi
