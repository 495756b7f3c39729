"""The commands and files that README and docs show, as a reader would type and write them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(twin [a-z]+(?: [^`]+)?)`")
TITLE = re.compile(r'title="([^"]+)"')
PROGRAMS = ("twin", "make", "python", ".venv/bin/python", "pytest")
SHELL = ("", "sh", "bash", "console")


@dataclass(frozen=True)
class Command:
    """One command line."""

    page: str
    words: tuple[str, ...]
    fenced: bool  # in a block of its own, not within a sentence

    @property
    def text(self) -> str:
        return " ".join(self.words)


def pages() -> list[Path]:
    """Everything that is written for readers."""
    return [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "scenarios").rglob("*.md")),
    ]


def commands(page: Path) -> list[Command]:
    """Command lines of a page, in their order; those of blocks, then those within sentences."""
    text, name = page.read_text(), str(page.relative_to(ROOT))
    blocks = [body for kind, body in FENCE.findall(text) if kind.strip() in SHELL]
    lines = [line for body in blocks for line in re.sub(r"\\\n\s*", "", body).splitlines()]
    rest = FENCE.sub("", text)
    found = [(line, True) for line in lines] + [(line, False) for line in INLINE.findall(rest)]
    split = [(_words(line), fenced) for line, fenced in found]
    return [Command(name, words, fenced) for words, fenced in split if words and words[0] in PROGRAMS]


def files(page: Path) -> dict[str, str]:
    """Files that the page shows whole, by the name in the title of their block."""
    blocks = ((TITLE.search(kind), body) for kind, body in FENCE.findall(page.read_text()))
    return {title[1]: body for title, body in blocks if title}


def _words(line: str) -> tuple[str, ...]:
    """Words of the line, without its comment and without variables that are set for it."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # prose with an apostrophe
        return ()
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    return tuple(words)
