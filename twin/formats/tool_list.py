"""The tool list that a CAM system leaves in the comments of an NC program.

Post-processors write it in many ways; these are read, in either unit:

    (T1 D=10. CR=0. - ZMIN=-5. - FLAT END MILL)                Fusion, HSMWorks, Inventor
    (T3| 1/2 FLAT ENDMILL|H3|D3|TOOL DIA. - .5)                Mastercam; D3 is a register, no diameter
    (TOOL 4: END MILL D12 R1)   ;TOOL: MILL_D10_R1             SolidCAM, NX and others
    (TC: 5mm Endmill)           T2 M6 (1/4" BALL)              beside or before the tool change that it belongs to
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from twin.units import DEG, INCH, MM

Kind = Literal["flat", "ball", "bull", "taper", "chamfer", "face", "drill", "spot", "reamer", "tap"]

LARGEST = 0.5  # [m] no cutter is larger


@dataclass(frozen=True)
class ListedTool:
    """What the comments say of one tool; None where they are silent."""

    number: int
    line: int
    """1-based, where the diameter stands."""
    text: str
    """The comment."""
    name: str = ""
    """What of it names the tool."""
    diameter: float | None = None
    """[m]"""
    kind: Kind | None = None
    corner_radius: float | None = None
    """[m]"""
    angle: float | None = None
    """[rad] as stated: of a drill's point, of a cone."""
    n_teeth: int | None = None


@dataclass(frozen=True)
class Statement:
    """One comment and where it stands."""

    line: int
    text: str
    beside: int | None
    """Tool that the code of the same line calls."""


NUM = r"(\d+[-\s]+\d+/[1-9]\d*|\d+\s*/\s*[1-9]\d*|\d+\.?\d*|\.\d+)"
UNIT = r"\s*(mm\b|millimet\w*|\"|''|in\b|inch\w*)?"
# stated diameters, the surest first; the size within a name last
DIAMETERS = (
    rf"\btool\s+dia(?:meter|m)?\b\.?\s*[-:=]*\s*{NUM}{UNIT}",
    rf"\btool\s*/\s*mill\s*,\s*{NUM}{UNIT}",
    rf"\bdia(?:meter|m)?\b\.?(?!\s*off)\s*[-:=]*\s*{NUM}{UNIT}",
    rf"(?:^|[\s|,(;_])d\s*[=:]\s*{NUM}{UNIT}",
    rf"[Ø⌀ø]\s*{NUM}{UNIT}",
    rf"\bflute\s*=\s*{NUM}{UNIT}",
    rf"(?:^|[\s_|,:])d\s?{NUM}{UNIT}(?![\d/])",
    rf"(?:^|[\s_|,:{{(]){NUM}\s*(mm\b|\"|''|in\b|inch\w*)",
    rf"(?<!no\.)(?<!no)(?<!#)(?:^|[|:])\s*{NUM}(?=[-\s\d]*\s*(?:[a-z]+\s+)*(?:end\s*mill|mill|drill|spot|tap|ream|ball|bull))",
    rf"^\|\s*{NUM}{UNIT}\s*$",
)
METRIC_THREAD = re.compile(r"\bm(\d+\.?\d*)(?=\s*(?:x\s*[\d.]+)?\s*tap)", re.IGNORECASE)
RADII = (
    rf"\bcr\s*[=:]\s*{NUM}{UNIT}",
    rf"\b(?:corner|tip)\s*r(?:ad(?:ius)?)?\b\.?\s*[-:=]*\s*{NUM}{UNIT}",
    rf"(?:^|[\s_|,])r\s*[=:]?\s*{NUM}{UNIT}(?![\d/])",
    rf"{NUM}{UNIT}\s*rad(?:ius)?\b",
)
ANGLES = (r"\btaper\s*=\s*(\d+\.?\d*)\s*(?:deg|°)?", r"(\d+\.?\d*)\s*(?:deg\b|degrees?\b|°)")
TEETH = (r"(\d+)\s*-?\s*(?:fl|flt|flutes?|teeth|z)\b", r"\b(?:z|teeth|flutes)\s*[=:]\s*(\d+)")
KINDS: tuple[tuple[str, Kind], ...] = (  # the first that is found
    (r"\btap\b|\btaprh\b|\btaplh\b|\bthread(?:ing)?\s*tap", "tap"),
    (r"\bthread\s*mill", "flat"),
    (r"\bream", "reamer"),
    (r"\bspot|\bcent(?:er|re)\s*-?drill|\bnc\s*drill", "spot"),
    (r"\bchamf|\bcounter\s*sink|\bc-?sink|\bv-?\s?(?:bit|mill|cutter)|\bengrav|\bdeburr", "chamfer"),
    (r"\bdrill", "drill"),
    (r"\bball|\bsphere", "ball"),
    (r"\bbull|\btorus|\btoroid|\btip\s*rad|\bcorner\s*rad|\bradius(?:ed)?\s*(?:end\s*)?mill", "bull"),
    (r"\btaper(?:ed)?\s*(?:end\s*)?mill|\bconical", "taper"),
    (r"\bface|\bshell\s*mill|\bfacing", "face"),
    (r"\bflat|\bend\s*-?mill|\bendmill|\bsquare|\bslot\s*(?:mill|drill)|\brough|\bmill|\bcutter|\bbit\b", "flat"),
)
TAGGED = (
    r"^\s*[;(]*\s*t\s*0*(\d+)\b(?!\.\d)",
    r"\btool\s*(?:number|no\.?|num|#)?\s*[-:=#]*\s*t?0*(\d+)\b(?!\s*(?:/|\.\d|mm|\"|in\b|deg|fl))",
    r"\btool#\s*=\s*(\d+)",
)
REGISTER = re.compile(r"(?<=\|)\s*[hd]\s*\d+\s*(?=\||$)", re.IGNORECASE)
LEFT = re.compile(r"(?:\b(?:xy|z)\s+)?stock to leave\s*-?\s*-?[\d.]*", re.IGNORECASE)
OFFSET_WORDS = re.compile(r"\b(?:dia|len)\w*\.?\s*off\w*\.?\s*[-:=]*\s*\d+|\blen\.?\s*-\s*\d+", re.IGNORECASE)
TOOL_WORD = re.compile(r"(?<![A-Z])T\s*0*(\d+)", re.IGNORECASE)
MOTION = re.compile(r"[XYZ]\s*[-+.\d\[#]", re.IGNORECASE)
CODE_COMMENT = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)|;.*$")


def listed_tools(text: str) -> dict[int, ListedTool]:
    """What the comments of an NC program say of its tools, by T number; 0: of the tool of a program that calls none."""
    unit = program_unit(text)
    found: dict[int, ListedTool] = {}
    for statement, number in _assigned(text.splitlines()):
        told = _read(statement, number, unit)
        if told is None:
            continue
        known = found.get(number)
        if known is None:
            found[number] = told
            continue
        gaps = {
            name: value
            for name in ("diameter", "kind", "corner_radius", "angle", "n_teeth")
            if getattr(known, name) is None and (value := getattr(told, name)) is not None
        }
        if "diameter" in gaps:
            gaps |= {"line": told.line, "text": told.text}
        found[number] = replace(known, **gaps)
    return {number: tool for number, tool in sorted(found.items()) if tool.diameter is not None}


def program_unit(text: str) -> float:
    """Length of one unit of the program [m]: millimetres until G20."""
    for line in text.splitlines():
        unit = re.search(r"G0*(2[01]|7[01])(?!\d)", CODE_COMMENT.sub("", line), re.IGNORECASE)
        if unit:
            return INCH if unit[1] in ("20", "70") else MM
    return MM


def called_tools(text: str) -> dict[int, int]:
    """T numbers that the program calls, and the line of the first call; comments do not count."""
    found: dict[int, int] = {}
    for at, line in enumerate(text.splitlines(), 1):
        for match in TOOL_WORD.finditer(CODE_COMMENT.sub("", line)):
            found.setdefault(int(match[1]), at)
    found.pop(0, None)
    return found


def _assigned(lines: Sequence[str]) -> Iterator[tuple[Statement, int]]:
    """Comments that may speak of a tool, with its number: their own, that of their line, or of the nearest change."""
    calls = {at: _call(line) for at, line in enumerate(lines)}
    for at, line in enumerate(lines):
        for comment in CODE_COMMENT.findall(line):
            text = comment.strip("(); \t")
            statement = Statement(at + 1, text, calls[at])
            number = _tag(text)
            if number is None:
                number = statement.beside if statement.beside is not None else _near(at, lines, calls)
            if number is not None:
                yield statement, number


def _call(line: str) -> int | None:
    match = TOOL_WORD.search(CODE_COMMENT.sub("", line))
    return int(match[1]) if match else None


def _tag(text: str) -> int | None:
    for pattern in TAGGED:
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            return int(match[1])
    return None


def _near(at: int, lines: Sequence[str], calls: dict[int, int | None]) -> int | None:
    """Tool of the change that follows before any motion, else of the one just before; 0 where nothing calls any."""
    for later in range(at + 1, len(lines)):
        call = calls[later]
        if call is not None:
            return call
        if MOTION.search(CODE_COMMENT.sub("", lines[later])):
            break
    for before in range(at - 1, max(at - 4, -1), -1):
        call = calls[before]
        if call is not None:
            return call
    return 0 if not any(calls.values()) else None


def _read(statement: Statement, number: int, unit: float) -> ListedTool | None:
    """What one comment says; None where it says nothing of a tool."""
    text = OFFSET_WORDS.sub(" ", LEFT.sub(" ", REGISTER.sub(" ", statement.text)))
    text = re.sub(r"^\s*t\s*0*\d+\s*[|:\-=]?", "|", text, flags=re.IGNORECASE)
    kind = next((kind for pattern, kind in KINDS if re.search(pattern, text, re.IGNORECASE)), None)
    thread = METRIC_THREAD.search(text)
    diameter = float(thread[1]) * MM if thread else _length(DIAMETERS, text, unit)
    if diameter is None and kind is None:
        return None
    if diameter is not None and not 0 < diameter <= LARGEST:
        diameter = None
    if kind is None and not re.search(r"\b(?:tool|tc|d\s*=|dia)", statement.text, re.IGNORECASE):
        if _tag(statement.text) is None:
            return None  # a size of something else
    radius = _length(RADII, text, unit)
    if kind == "bull" and not radius:
        radius = None
    if radius and diameter:
        round_tip = abs(radius - diameter / 2) < 1e-3 * diameter
        kind = "ball" if round_tip else "bull" if kind in (None, "flat", "bull") else kind
    angle = _first(ANGLES, text)
    teeth = _first(TEETH, text)
    return ListedTool(
        number,
        statement.line,
        statement.text,
        _name(text),
        diameter,
        kind,
        radius or None,
        float(angle[1]) * DEG if angle else None,
        int(teeth[1]) if teeth and 1 <= int(teeth[1]) <= 20 else None,
    )


def _name(text: str) -> str:
    """The part of a list's line that names the tool, as a person would."""
    pieces = [piece for piece in re.split(r"\||\s-\s", text) if piece.strip()]
    named = [piece for piece in pieces if any(re.search(pattern, piece, re.IGNORECASE) for pattern, _ in KINDS)]
    return " ".join((named or pieces or [text])[0].split()).strip(" -:|")


def _first(patterns: Sequence[str], text: str) -> re.Match[str] | None:
    for pattern in patterns:
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            return match
    return None


def _length(patterns: Sequence[str], text: str, unit: float) -> float | None:
    """The first length that one of the patterns finds [m]; a bare fraction is in inches."""
    match = _first(patterns, text)
    if match is None:
        return None
    stated = match[2] if match.re.groups > 1 else None
    *whole, top = re.sub(r"\s*/\s*", "/", match[1]).replace("-", " ").split()
    top, _, bottom = top.partition("/")
    value = sum(map(float, whole)) + float(top) / (float(bottom) if bottom else 1.0)
    if stated:
        return value * (MM if stated.lower().startswith("m") else INCH)
    return value * (INCH if bottom else unit)
