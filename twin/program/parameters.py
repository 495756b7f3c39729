"""Numbered and named parameters of an NC program, with the scopes of its subprograms.

Numbers follow RS274/NGC: #1-#30 belong to the running subprogram, #5161-#5186 hold the G28 and G30 homes,
#5210-#5216 G92, #5221-#5386 the work offsets G54-G59.3 (#7001 on: Fanuc's G54.1 P1 on). Lengths among them
are in mm, angles in degrees. #5400-#5428 are read from the control.
"""

from collections.abc import Callable

from twin.program.expression import VACANT
from twin.program.words import WordError

LAST = 8999
HOME = {280: 5161, 300: 5181}
G92 = 5211
WORK_OFFSET = 5221  # of G54; 20 further for each next
EXTENDED_OFFSET = 7001  # of G54.1 P1


class Parameters:
    """What ``#`` reads and writes.

    Args:
        system: value of a parameter that the control computes (#5400-#5428), None where it has none.
        named: value of a predefined name (``_x``, ``_feed``), None where there is none.
    """

    def __init__(self, system: Callable[[int], float | None], named: Callable[[str], float | None]) -> None:
        self._system, self._named = system, named
        self.numbered: dict[int, float] = {}
        self._globals: dict[str, float] = {}
        self._locals: list[dict[str, float]] = [{}]
        self._frames: list[tuple[dict[int, float], int]] = []  # (#1…, last local number) of each call

    def enter(self, arguments: dict[int, float], last: int) -> None:
        """Begins a subprogram whose #1-#``last`` are its own."""
        self._frames.append((arguments, last))
        self._locals.append({})

    def leave(self) -> None:
        self._frames.pop()
        self._locals.pop()

    def _index(self, index: float) -> int:
        whole = round(index)
        if abs(index - whole) > 1e-4:
            raise WordError(f"#{index:g} is no whole parameter number", "use a whole number")
        if not 0 <= whole <= LAST:
            raise WordError(f"#{whole} does not exist", f"parameters run from #1 to #{LAST}")
        return whole

    def number(self, index: float) -> float:
        """Value of a numbered parameter; zero, vacant in Fanuc's sense, where nothing was stored."""
        whole = self._index(index)
        if whole == 0:
            return VACANT
        if self._frames and whole <= self._frames[-1][1]:
            return self._frames[-1][0].get(whole, VACANT)
        if (5400 <= whole <= 5428 or whole == 5220) and (value := self._system(whole)) is not None:
            return value
        return self.numbered.get(whole, VACANT)

    def set_number(self, index: float, value: float) -> None:
        whole = self._index(index)
        if whole in (0, 5220) or 5400 <= whole <= 5428:
            raise WordError(f"#{whole} is read-only", "store the value in another parameter")
        if self._frames and whole <= self._frames[-1][1]:
            self._frames[-1][0][whole] = value
        else:
            self.numbered[whole] = value

    def _scope(self, name: str) -> dict[str, float]:
        return self._globals if name.startswith("_") else self._locals[-1]

    def exists(self, name: str) -> bool:
        return name in self._scope(name) or self._named(name) is not None

    def name(self, name: str) -> float:
        value = self._scope(name).get(name)
        if value is None:
            value = self._named(name)
        if value is None:
            raise WordError(f"#<{name}> is not defined", "set it first, or test it with EXISTS[#<name>]")
        return value

    def set_name(self, name: str, value: float) -> None:
        if self._named(name) is not None:
            raise WordError(f"#<{name}> is read-only", "take another name")
        self._scope(name)[name] = value

    def block(self, first: int, n: int = 6) -> tuple[float, ...]:
        """``n`` parameters from number ``first`` on."""
        return tuple(float(self.numbered.get(first + i, 0.0)) for i in range(n))

    def set_block(self, first: int, values: tuple[float, ...]) -> None:
        for i, value in enumerate(values):
            self.numbered[first + i] = value
