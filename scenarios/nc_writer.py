"""Blocks of an NC program, as the scripts of the scenarios write them. Lengths in millimetres."""

import numpy as np


class Writer:
    """Collects NC blocks; a word that does not change is not written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now: dict[str, float] = {}
        self.code = ""

    def text(self, line: str) -> None:
        self.lines.append(line)

    def block(self, code: str, words: list[str], feed: float | None = None) -> None:
        if words:
            words = words + ([] if feed is None else self._changed(F=feed))
            self.text(" ".join(words if code == self.code else [code, *words]))
            self.code = code

    def rapid(self, **target: float) -> None:
        self.block("G0", self._changed(**target))

    def line(self, feed: float, point: np.ndarray | None = None, z: float | None = None) -> None:
        target = {} if point is None else {"X": point[0], "Y": point[1]}
        self.block("G1", self._changed(**target, **({} if z is None else {"Z": z})), feed)

    def arc(self, feed: float, end: np.ndarray, centre: np.ndarray, z: float | None = None, code: str = "G3") -> None:
        """Counter-clockwise (G3) about ``centre``; a whole turn where ``end`` is the present point."""
        offset = [_word("I", centre[0] - self.now["X"]), _word("J", centre[1] - self.now["Y"])]
        words = self._changed(X=end[0], Y=end[1], **({} if z is None else {"Z": z})) + offset
        self.block(code, words, feed)

    def _changed(self, **target: float) -> list[str]:
        rounded_target = {axis: round(float(value), 4) for axis, value in target.items()}
        words = [_word(axis, value) for axis, value in rounded_target.items() if self.now.get(axis) != value]
        self.now |= rounded_target
        return words

    def tool(self, number: int, name: str, speed: int) -> None:
        self.text(f"({name})")
        self.text(f"T{number} M6")
        self.text(f"S{speed} M3")
        self.text(f"G43 H{number}")
        self.now, self.code = {}, ""


def _word(letter: str, value: float) -> str:
    number = f"{value:.4f}".rstrip("0").rstrip(".")
    return letter + ("0" if number == "-0" else number)
