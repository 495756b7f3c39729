"""Canned cycles: drilling, boring and tapping, G73, G74 and G81 to G89, in the three planes.

The rules are RS274/NGC's. A block drills L holes; it begins with a rise to R where the tool is below it, then every
hole is approached in the plane, entered from R and left at R (G99) or at the level before the cycle (G98). The words
R, P, Q and the depth stay while blocks of the same cycle follow each other.
"""

from twin.program.arcs import plane_axes
from twin.program.control import Control, Words
from twin.program.frame import Six
from twin.program.motion_words import set_feed
from twin.program.program import Op, PathMode
from twin.program.words import AXES, WordError, g_name

CLEARANCE = 0.254e-3  # m: G83 stops so far above the last peck, G73 draws back so far
_PECKS = (730, 830)
_TAPS = (740, 840)
_MUST_DWELL = (820, 860, 880, 890)
_OFFSETS = "ijk"


def run_cycle(control: Control, words: Words, code: int) -> None:
    """One block of a cycle.

    Raises:
        WordError: where a word is missing or contradicts another.
    """
    control.forbid_with_compensation(g_name(code))
    if control.feed_mode == 930:
        raise WordError(f"{g_name(code)} with inverse-time feed", "use G94 or G95 for cycles")
    if not words.has_axes():
        raise WordError(f"{g_name(code)} without an axis word", "give the position of the hole")
    if any(letter in words.value for letter in "abc"):
        raise WordError(f"{g_name(code)} with a rotary axis", "turn the rotary axes in a block before the cycle")
    axis = control.plane
    u, v = plane_axes(axis)
    if control.cycle_level is None:
        control.cycle_level = control.position[axis]
    if control.motion != code:
        control.cycle = {}
    sticky = control.cycle
    for key, letter in _sticky_words(code, axis):
        value = words.take(letter)
        if value is not None:
            sticky[key] = value
    repeats = words.take_whole("l")
    if repeats is None and code != 870:
        repeats = words.take_whole("k")  # Fanuc
    if repeats is not None and repeats < 1:
        raise WordError(f"L{repeats} holes", "L is the number of holes, 1 or more")
    hole = _Hole(control, words, code)
    start = control.position
    step, place = [0.0, 0.0], [start[u], start[v]]
    for i, plane_axis in enumerate((u, v)):
        word = words.take(AXES[plane_axis])
        if word is not None and control.absolute:
            place[i] = word * control.scale
        elif word is not None:
            step[i] = word * control.scale
    control.recorder.set("path_mode", PathMode.EXACT_PATH)
    level = hole.top if control.retract_to_r else max(control.cycle_level, hole.top)
    approach = start[axis] if control.retract_to_r else max(start[axis], level)
    if start[axis] < hole.top:
        hole.rapid(hole.top)
        approach = hole.top
    for _ in range(repeats or 1):
        place = [place[0] + step[0], place[1] + step[1]]
        at = list(control.position)
        at[u], at[v], at[axis] = *place, approach
        control.move(Op.RAPID, tuple(at))  # type: ignore[arg-type]
        if approach != hole.top:
            hole.rapid(hole.top)
        hole.make(level)
        approach = level
    control.recorder.set("path_mode", control.path_mode)


def _sticky_words(code: int, axis: int) -> list[tuple[str, str]]:
    """What stays, as (key, letter)."""
    found = [("depth", AXES[axis]), ("r", "r")]
    if code in _PECKS:
        found.append(("q", "q"))
    if code in _MUST_DWELL or code in _TAPS:
        found.append(("p", "p"))
    return found


class _Hole:
    """What happens at one place, along the axis of depth; ``top`` is the R plane [m]."""

    def __init__(self, control: Control, words: Words, code: int) -> None:
        self.control, self.code, self.axis = control, code, control.plane
        self.name = g_name(code)
        r, depth = self._word("r", "the height of approach"), self._word("depth", "the depth")
        if not control.absolute:
            assert control.cycle_level is not None
            r += control.cycle_level / control.scale
            depth += r
        if r < depth:
            raise WordError(f"{self.name}: R is below the bottom of the hole", "R must be above the depth")
        self.top, self.bottom = r * control.scale, depth * control.scale
        self.pecks = self._peck_depths(r, depth) if code in _PECKS else []
        self.pause = control.cycle.get("p", 0.0) * control.dwell_unit
        if code in _MUST_DWELL:
            self._word("p", "the dwell at the bottom in seconds")
        if self.pause < 0:
            raise WordError(f"P{self.pause:g}: a negative dwell", "give seconds")
        if code in (*_TAPS, 860, 870, 880) and not control.spindle_direction:
            raise WordError(f"{self.name} with the spindle at rest", "start the spindle before the cycle")
        if control.spindle_direction == {740: 1, 840: -1}.get(code):
            raise WordError(f"{self.name} with the spindle turning the other way", "G84 taps with M3, G74 with M4")
        self.offset, self.middle = self._back_boring(words) if code == 870 else ((0.0, 0.0), 0.0)

    def _word(self, key: str, meaning: str) -> float:
        value = self.control.cycle.get(key)
        if value is None:
            letter = AXES[self.axis] if key == "depth" else key
            raise WordError(f"{self.name} without {letter.upper()}", f"{letter.upper()} is {meaning}")
        return value

    def _peck_depths(self, r: float, depth: float) -> list[float]:
        """Heights between R and the bottom at which the drill is drawn back [m]."""
        peck = self._word("q", "the depth of one peck")
        if not peck > 0:
            raise WordError(f"{self.name} Q{peck:g}", "Q, the depth of one peck, is positive")
        pecks = []
        while (r := r - peck) > depth:
            pecks.append(r * self.control.scale)
            if len(pecks) > 100_000:
                raise WordError(f"{self.name} Q{peck:g}: more than 100,000 pecks", "correct Q or the depth")
        return pecks

    def _back_boring(self, words: Words) -> tuple[tuple[float, float], float]:
        """I J K of G87: the sideways offset for passing the hole [m], the height to bore to [m]."""
        u, v = plane_axes(self.axis)
        values = {letter: words.take(letter) for letter in _OFFSETS}
        first, second, along = (values[_OFFSETS[i]] for i in (u, v, self.axis))
        if first is None or second is None or along is None:
            raise WordError("G87 without I, J and K", "give the offset for passing the hole and the height to bore to")
        scale = self.control.scale
        middle = along * scale if self.control.absolute else self.bottom + along * scale
        return (first * scale, second * scale), middle

    def _to(self, height: float) -> Six:
        end = list(self.control.position)
        end[self.axis] = height
        return tuple(end)  # type: ignore[return-value]

    def rapid(self, height: float) -> None:
        self.control.move(Op.RAPID, self._to(height))

    def feed(self, height: float) -> None:
        set_feed(self.control, abs(height - self.control.position[self.axis]))
        self.control.move(Op.FEED, self._to(height))

    def shift(self, sign: float) -> None:
        """Sideways by the offset of G87."""
        u, v = plane_axes(self.axis)
        end = list(self.control.position)
        end[u] += sign * self.offset[0]
        end[v] += sign * self.offset[1]
        self.control.move(Op.RAPID, tuple(end))  # type: ignore[arg-type]

    def dwell(self) -> None:
        if self.pause:
            self.control.recorder.dwell(self.control.line, self.pause, self.control.position)

    def spindle(self, direction: int) -> None:
        self.control.spindle_direction = direction
        self.control.turn_spindle()
        self.control.stay(Op.SPINDLE)

    def make(self, level: float) -> None:
        """The hole, and back to ``level`` [m]."""
        turning = self.control.spindle_direction
        if self.code == 870:
            self._bore_back(level)
            return
        self._pecks()
        self.feed(self.bottom)
        if self.code in _TAPS:
            self.spindle(0)
            self.spindle(-turning)
        self.dwell()
        if self.code == 850:
            self.feed(self.top)
        elif self.code in (890, *_TAPS):
            self.feed(level)
        elif self.code in (860, 880):
            self.spindle(0)
        if self.code == 880:
            self.control.stay(Op.STOP)  # the operator draws the tool back
        if self.control.position[self.axis] != level:
            self.rapid(level)
        if self.control.spindle_direction != turning:
            self.spindle(turning)

    def _pecks(self) -> None:
        for depth in self.pecks:
            self.feed(depth)
            if self.code == 830:
                self.rapid(self.top)
            self.rapid(depth + CLEARANCE)

    def _bore_back(self, level: float) -> None:
        turning = self.control.spindle_direction
        self.shift(1.0)
        self.spindle(0)
        self.rapid(self.bottom)
        self.shift(-1.0)
        self.spindle(turning)
        self.feed(self.middle)
        self.feed(self.bottom)
        self.spindle(0)
        self.shift(1.0)
        self.rapid(level)
        self.shift(-1.0)
        self.spindle(turning)
