"""From what comments say of a tool to an entry of the tool table: the catalogue's nearest, and what differs from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import ceil, log
from typing import Any, get_args

import numpy as np
import yaml

from twin.compose import groups
from twin.config import build
from twin.errors import InputError, nearest
from twin.explain import option_file
from twin.formats.tool_list import ListedTool
from twin.machine.tool import Tool, ToolKind
from twin.program.program import Toolpath
from twin.units import DEG, MM

AS = {"spot": "drill", "tap": "drill", "reamer": "chamfer"}  # kinds of a list that the twin models as another kind
OF_NAME = ("spot", "reamer")  # kinds of a list that the catalogue tells apart by the tool's name only
LEAVE_OUT = ("nist_", "rough_")  # cutters of one plate, and edges that a list would name
REACH = 3 * MM  # between the holder and the top of the stock
ALUMINIUM_TEETH, STEEL_TEETH = 3, 4


@dataclass(frozen=True)
class Use:
    """What the program does with one tool."""

    lowest: float
    """[m] of the tip while it feeds."""
    sideways: bool
    """Whether it feeds across below the highest level that it feeds at."""


@dataclass(frozen=True)
class OwnTool:
    """One entry of the tool table."""

    number: int
    option: str
    """The tool of the catalogue that it is made of."""
    changes: dict[str, Any]
    """Keys that differ from it."""
    read: dict[str, str]
    """What the program says: key -> where."""
    guessed: dict[str, str] = field(default_factory=dict)
    """What it does not say: key -> on what ground."""

    @property
    def tool(self) -> Tool:
        """Checked.

        Raises:
            InputError: the dimensions do not fit together.
        """
        values = yaml.safe_load(option_file("tool", self.option).read_text())
        return build(Tool, {"number": self.number, **values, **self.changes}, f"tool.{self.number}")


def complete(
    called: Mapping[int, int], listed: Mapping[int, ListedTool], given: Mapping[int, Mapping[str, Any]], file: object
) -> dict[int, ListedTool]:
    """What is known of every tool that the program calls, ``given`` by the user before what is ``listed``.

    Raises:
        InputError: of some tool no diameter is known, or one is given that the program does not call.
    """
    found: dict[int, ListedTool] = {}
    missing = []
    strange = [number for number in given if number not in ([*called] or [0])]
    if strange:
        raise InputError(
            f"tool.{strange[0]} is given, but the program does not call T{strange[0]}",
            file=file,
            remedy=f"it calls {', '.join(f'T{number}' for number in called) or 'none: say tool.0'}",
        )
    for number in [*called] or [0]:
        own, said = given.get(number, {}), listed.get(number)
        if "diameter_mm" not in own and said is None:
            missing.append(number)
            continue
        stated: dict[str, Any] = {key: own[key] for key in ("kind", "n_teeth") if key in own}
        for key in ("diameter", "corner_radius"):
            if f"{key}_mm" in own:
                stated[key] = _number(own[f"{key}_mm"], f"tool.{number}.{key}_mm") * MM
        if "kind" in own and own["kind"] not in (known := get_args(ToolKind)):
            hint = nearest(str(own["kind"]), known)
            raise InputError(f"tool.{number}.kind is {own['kind']!r}", remedy=f"{hint}one of {', '.join(known)}")
        found[number] = replace(said or ListedTool(number, called.get(number, 1), ""), **stated)
    if missing:
        several = "are tools whose diameters no comment tells", "is a tool whose diameter no comment tells"
        what = f"{', '.join(f'T{number}' for number in missing)} {several[len(missing) == 1]}"
        if missing == [0]:
            what = "the program calls no tool (T1 M6), and no comment tells of one"
        words = " ".join(f"tool.{number}.diameter_mm=10" for number in missing)
        raise InputError(what, file=file, line=called.get(missing[0]), remedy=f"say it, with the right number: {words}")
    return found


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise InputError(f"{key} is {value!r}", remedy="give a positive number")
    return float(value)


def plain_tools(known: Mapping[int, ListedTool]) -> dict[int, Tool]:
    """Cutters of the right diameter and nothing else: enough to read the program with."""
    return {
        number: Tool(
            number=number,
            name=f"T{number}",
            kind="flat",
            diameter=said.diameter or 0.0,
            n_teeth=2,
            flute_length=said.diameter or 0.0,
            stick_out=said.diameter or 0.0,
        )
        for number, said in known.items()
    }


def uses(path: Toolpath) -> dict[int, Use]:
    """What the feed moves do with each tool."""
    feed = ~path.rapid
    found = {}
    for number in np.unique(path.tool[feed]):
        mine = feed & (path.tool == number)
        low = np.minimum(path.start[mine, 2], path.end[mine, 2])
        across = np.hypot(*(path.end[mine, :2] - path.start[mine, :2]).T)
        cutting = low < low.min() + 0.5 * (np.ptp(low) or 1.0)
        found[int(number)] = Use(float(low.min()), bool((across[cutting] > 0.5 * MM).any()))
    return found


def own_tool(said: ListedTool, given: Mapping[str, Any], use: Use | None, top: float, aluminium: bool) -> OwnTool:
    """The entry of one tool.

    Args:
        said: what is known of it.
        given: keys of the tool table that the user states; they hold before everything else.
        use: what the program does with it; None: nothing.
        top: height of the stock's top [m].
        aluminium: whether the material is an aluminium alloy: it decides the number of teeth.
    """
    assert said.diameter is not None
    where = f"line {said.line}: {said.text}" if said.text else "the command line"
    read = {"diameter": where}
    guessed: dict[str, str] = {}
    kind: str = said.kind or "flat"
    if said.kind is None:
        guessed["kind"] = "no comment tells it: taken for a flat end mill"
    if kind in ("spot", "drill") and use is not None and use.sideways:
        guessed["kind"] = f"called a {kind}, but it mills sideways: taken for a cone that mills"
        kind = "chamfer"
    if kind == "tap":
        guessed["kind"] = "a tap: threads are not modelled, it goes down the hole as a drill of its diameter"
    option, values = nearest_tool(kind, said, aluminium)
    scale = said.diameter / (values["diameter_mm"] * MM)
    changes: dict[str, Any] = {"name": said.name or f"T{said.number}", "diameter_mm": _mm(said.diameter)}
    if abs(scale - 1) > 1e-6:
        for key in ("tip_diameter_mm", "corner_radius_mm", "flute_length_mm", "shank_diameter_mm", "stick_out_mm"):
            if key in values:
                changes[key] = round(values[key] * scale, 3)
        guessed["lengths"] = f"scaled from {values['name']}"
    else:
        guessed["lengths"] = f"as {values['name']}"
    if said.corner_radius is not None and values["kind"] in ("bull", "face"):
        changes["corner_radius_mm"], read["corner radius"] = _mm(said.corner_radius), where
    elif values["kind"] == "bull":
        guessed["corner radius"] = "no comment tells it"
    _angle(said, values, changes, read, guessed, where)
    if said.n_teeth is not None:
        changes["n_teeth"], read["teeth"] = said.n_teeth, where
    else:
        guessed["teeth"] = f"{values['n_teeth']}, as {values['name']}"
    _reach(use, top, {**values, **changes}, changes, guessed)
    changes |= given
    return OwnTool(said.number, option, changes, read, {k: v for k, v in guessed.items() if not _is_given(k, given)})


def nearest_tool(kind: str, said: ListedTool, aluminium: bool) -> tuple[str, dict[str, Any]]:
    """The tool of the catalogue that is most like it, and its values."""
    assert said.diameter is not None
    wanted, teeth = AS.get(kind, kind), said.n_teeth or (ALUMINIUM_TEETH if aluminium else STEEL_TEETH)
    best: tuple[tuple[float, ...], str, dict[str, Any]] | None = None
    for option, values in _catalogue().items():
        family = next((name for name in OF_NAME if option.startswith(name)), "")
        if values["kind"] != wanted or family != (kind if kind in OF_NAME else ""):
            continue
        far = abs(log(said.diameter / (values["diameter_mm"] * MM)))
        corner = abs(values["corner_radius_mm"] * MM - (said.corner_radius or 0.0)) if wanted == "bull" else 0.0
        special = any(key in values for key in ("pitch_deg", "tooth_helix_deg", "lead_angle_deg"))
        score = (special, round(far, 3), corner, abs(values["n_teeth"] - teeth))
        if best is None or score < best[0]:
            best = (score, option, values)
    assert best is not None  # there is one of every kind
    return best[1], best[2]


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    """Tools of conf/tool that a list may mean, by name."""
    names = [name for name in groups()["tool"] if not name.startswith(LEAVE_OUT) and "reach" not in name]
    return {name: yaml.safe_load(option_file("tool", name).read_text()) for name in names}


def _angle(
    said: ListedTool,
    values: Mapping[str, Any],
    changes: dict[str, Any],
    read: dict[str, str],
    guessed: dict[str, str],
    where: str,
) -> None:
    """Point angle of drills and chamfer mills, half angle of tapers; lists of chamfer mills state half or all of it."""
    key = {"drill": "point_angle_deg", "chamfer": "point_angle_deg", "taper": "taper_angle_deg"}.get(values["kind"])
    if key is None:
        return
    if said.angle is None:
        guessed["angle"] = f"{values[key]:g} degrees, as {values['name']}"
        return
    angle = said.angle / DEG
    changes[key] = round(2 * angle if values["kind"] == "chamfer" and angle <= 60 else angle, 4)
    read["angle"] = where


def _reach(
    use: Use | None, top: float, values: Mapping[str, Any], changes: dict[str, Any], guessed: dict[str, str]
) -> None:
    """A tool sticks out as far as the program goes down, if the catalogue's does not."""
    if use is None:
        return
    depth = top - use.lowest
    if depth + REACH > values["stick_out_mm"] * MM:
        changes["stick_out_mm"] = ceil((depth + REACH) / MM)
        guessed["stick-out"] = f"{changes['stick_out_mm']} mm: it goes {depth / MM:.4g} mm below the top of the stock"
    if depth > values["flute_length_mm"] * MM and values["kind"] in ("flat", "bull", "ball"):
        changes["shank_diameter_mm"] = round(0.95 * values["diameter_mm"], 4)
        guessed["neck"] = f"relieved to {changes['shank_diameter_mm']:g} mm: it goes deeper than its flutes are long"


def _mm(length: float) -> float:
    return round(length / MM, 5)


def _is_given(what: str, given: Mapping[str, Any]) -> bool:
    keys = {
        "teeth": "n_teeth",
        "kind": "kind",
        "stick-out": "stick_out",
        "corner radius": "corner_radius",
        "neck": "shank",
    }
    return any(key.startswith(keys.get(what, "\0")) for key in given)
