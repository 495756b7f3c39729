"""The lines of one file, read block by block, and where its steering words stand."""

import re
from dataclasses import dataclass, field

from twin.program.lexer import Block, read_block
from twin.program.words import WordError

_STEERING = re.compile(r"\s*/?\s*(?:N[\d.\s]+)?(?:O|I\s*F|W\s*H|D\s*O|E\s*N\s*D)", re.IGNORECASE)
_N_NUMBER = re.compile(r"\s*/?\s*N\s*(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Listing:
    """Blocks are read when they are reached; places count lines from 0."""

    lines: list[str]
    name: str = ""  # "" for the main program
    labels: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # O label -> (place, keyword)
    loops: list[tuple[int, str, str]] = field(default_factory=list)  # Fanuc: (place, loop or end, number)
    _blocks: dict[int, Block] = field(default_factory=dict)
    _n_numbers: dict[int, list[int]] | None = None

    def __post_init__(self) -> None:
        for at, text in enumerate(self.lines):
            if _STEERING.match(text):
                self._index(at)

    def _index(self, at: int) -> None:
        try:
            block = self.block(at)
        except WordError:
            return  # told when the block is reached
        flow = block.flow
        if flow is None or not isinstance(flow.label, str):
            return
        if flow.kind in ("loop", "end"):
            self.loops.append((at, flow.kind, flow.label))
        elif flow.label:
            self.labels.setdefault(flow.label, []).append((at, flow.kind))

    def block(self, at: int) -> Block:
        """The block at a place; read once.

        Raises:
            WordError: where the line is not of the language.
        """
        block = self._blocks.get(at)
        if block is None:
            block = self._blocks[at] = read_block(self.lines[at])
        return block

    def next(self, label: str, after: int, kinds: tuple[str, ...]) -> int:
        """Place of the next O-word of ``label`` that is one of ``kinds``.

        Raises:
            WordError: where there is none.
        """
        for at, kind in self.labels.get(label, []):
            if at > after and kind in kinds:
                return at
        raise WordError(f"O{label} has no {' or '.join(kinds)} after it", f"add O{label} {kinds[0]}")

    def last(self, label: str, before: int, kinds: tuple[str, ...]) -> int:
        """Place of the last O-word of ``label`` before a place that is one of ``kinds``.

        Raises:
            WordError: where there is none.
        """
        for at, kind in reversed(self.labels.get(label, [])):
            if at < before and kind in kinds:
                return at
        raise WordError(f"O{label} has no {' or '.join(kinds)} before it", f"add O{label} {kinds[0]}")

    def kind(self, label: str, at: int) -> str:
        """Keyword of the O-word of ``label`` at a place."""
        return next(kind for place, kind in self.labels[label] if place == at)

    def n_number(self, number: int, after: int) -> int:
        """Place of block N``number``: the next one on, else the first of the file.

        Raises:
            WordError: where there is none.
        """
        if self._n_numbers is None:
            self._n_numbers = {}
            for at, text in enumerate(self.lines):
                if match := _N_NUMBER.match(text):
                    self._n_numbers.setdefault(int(match[1]), []).append(at)
        places = self._n_numbers.get(number)
        if not places:
            raise WordError(f"there is no block N{number} to go to", "correct the number, or add the block")
        return next((at for at in places if at > after), places[0])
