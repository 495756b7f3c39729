"""Programs in the language of another control, known by words that mean nothing in RS274 and Fanuc's macro language."""

import re
from dataclasses import dataclass

WORDS = {
    "Sinumerik": re.compile(
        r"^%_N_|^;\s*%_N_|\bT\d*\s*=\s*\"[^\"]*\"|\b(?:CYCLE|POCKET|SLOT|HOLES)\d+\s*\(|\b(?:MSG|DEF|MCALL|TRAORI|A?TRANS|"
        r"A?ROT|A?MIRROR|SUPA|CFTCP|COMPCAD|FFWON|SOFT|BRISK)\b|=\s*[AI]C\s*\(|\bR\d+\s*=|^\s*(?:N\d+\s*)?T\d+\s*D\d+\b|"
        r"\b(?:RND|CHF|CHR|CR|TURN)\s*="
    ),
    "Heidenhain": re.compile(
        r"^\s*\d+\s+BEGIN PGM\b|^\s*\d+\s+TOOL CALL\b|^\s*\d+\s+BLK FORM\b|\bFMAX\b|^\s*\d+\s+L\s+[XYZ][+-]"
    ),
}
COMMENT = re.compile(r"(?<![A-Z0-9_])\([^)]*\)")  # in brackets, but not the arguments of a word


@dataclass(frozen=True)
class Foreign:
    """Where a program shows that it is for another control."""

    control: str
    line: int
    word: str

    @property
    def said(self) -> str:
        """In a sentence."""
        return f"this is a program for {self.control}: {self.word}"


REMEDY = "ISO 6983 with Fanuc's macro words is read, tools by number (T1 M6): post-process it for such a control"


def foreign(text: str) -> Foreign | None:
    """The first word of a program that only another control knows; None: there is none."""
    for number, line in enumerate(text.upper().splitlines(), 1):
        code = COMMENT.sub(" ", line)
        bare = code if code.lstrip().startswith(";%") else code.partition(";")[0]
        for control, words in WORDS.items():
            if found := words.search(bare):
                return Foreign(control, number, found[0].strip())
    return None
