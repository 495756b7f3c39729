"""Where a value of the configuration is written: file, line, and what the file says beside it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from twin.compose import Layer
from twin.errors import InputError
from twin.named import parts

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first where libyaml is there: ten times as fast
COMMENT = re.compile(r"(?:^|\s)#\s?(.*)$")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True)
class Origin:
    """A place in a file, or an override of the command line."""

    file: Path | None
    """None: the command line."""
    line: int | None
    """1-based."""
    written: str
    """As it stands there; empty where it is a mapping or a list."""
    comment: str
    """What the file says beside it or just above."""


def origins(key: str, files: Sequence[Layer], overrides: Sequence[str] = ()) -> list[Origin]:
    """Every place that sets ``key``, or what it is part of, the one in force last.

    Args:
        key: dotted key as composed, entries of lists by number in brackets: ``material.cutting[0].ktc_n_mm2``.
        files: what was composed, from :func:`twin.compose.layers`.
        overrides: what was composed with it.
    """
    found = [origin for layer in files if (origin := origin_in(layer, key))]
    for override in overrides:
        name, equals, value = override.lstrip("+").partition("=")
        if equals and (key == name or key.startswith((f"{name}.", f"{name}["))) and "." in name:
            found.append(Origin(None, None, value, ""))
    return found


def placed(error: InputError, files: Sequence[Layer], overrides: Sequence[str] = ()) -> InputError:
    """The error with file and line of the key that it speaks of, or of the nearest one above it that is written."""
    key = error.key
    if any(override.lstrip("+").startswith(f"{key}.") for override in overrides):
        return error  # what the user has just written is the likelier cause
    while key and error.file is None:
        found = origins(key, files, overrides)
        if found:
            origin = found[-1]
            if origin.file is None:
                return error  # an override: the user has it before the eyes
            return InputError(error.message, file=origin.file, line=origin.line, remedy=error.remedy, key=error.key)
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return error


def origin_in(layer: Layer, key: str) -> Origin | None:
    """Where a file sets ``key``; None where it does not. A text that stands for what is above ``key`` sets it too."""
    path = [name for name, _ in parts(key)]
    package = layer.package.split(".") if layer.package else []
    if path[: len(package)] != package:
        return None
    node, lines = _parsed(layer.file)
    label = None
    for name in path[len(package) :]:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == name), None)
            if pair is None:
                return None
            label, node = pair
        elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            label = node = node.value[int(name)]
        elif isinstance(node, yaml.ScalarNode) and "${" in node.value:
            break
        else:
            return None
    if node is None:
        return None
    line = label.start_mark.line if label is not None else 0
    written = node.value if isinstance(node, yaml.ScalarNode) else ""
    return Origin(layer.file, line + 1, written, _comment(lines, line) if label is not None else heading(layer.file))


def heading(file: Path) -> str:
    """The comment at the top of a YAML file."""
    said = []
    for text in file.read_text().splitlines():
        if not text.startswith("#"):
            break
        if "@package" not in text:
            said.append(text.lstrip("# ").rstrip())
    return " ".join(said)


@lru_cache(maxsize=256)
def _parse(file: Path, changed: int) -> tuple[yaml.Node | None, tuple[str, ...]]:
    text = file.read_text()
    return yaml.compose(text, Loader=LOADER), tuple(text.splitlines())


def _parsed(file: Path) -> tuple[yaml.Node | None, tuple[str, ...]]:
    """Nodes and lines of a file, read again only when it changed."""
    return _parse(file, file.stat().st_mtime_ns)


def _comment(lines: Sequence[str], at: int) -> str:
    """The comment on a line and the lines that continue it, else the comment lines just above."""
    beside = COMMENT.search(QUOTED.sub("", lines[at]))
    if beside:
        return beside[1].strip()
    above: list[str] = []
    while at > 0 and lines[at - 1].strip().startswith("#") and "@package" not in lines[at - 1]:
        at -= 1
        above.insert(0, lines[at].strip().lstrip("# "))
    return " ".join(above) if at > 0 else ""  # what stands at the top speaks of the whole file
