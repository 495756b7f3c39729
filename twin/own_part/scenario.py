"""A scenario from an engineer's own NC program: what it says is read, the rest is guessed, and said to be."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.compose import groups
from twin.config import build
from twin.errors import InputError, nearest
from twin.explain import option_file
from twin.formats.mesh import Unit, read_mesh, write_mesh
from twin.formats.tool_list import called_tools, listed_tools
from twin.machine.machine import Machine
from twin.own_part.setup import OwnStock, material_of, stock_of, swept_box
from twin.own_part.tools import OwnTool, complete, own_tool, plain_tools, uses
from twin.own_part.writing import scenario_text
from twin.program import Toolpath, interpret, linearise
from twin.program.foreign import REMEDY, foreign
from twin.units import INCH, MM

GROUPS = {"machine": "vmc_3axis", "controller": "generic_jerk_limited", "environment": "shop_20"}
ABOVE_TABLE = 60 * MM  # of the stock's underside: vice or parallels


@dataclass(frozen=True)
class OwnPart:
    """Everything that goes into the file."""

    name: str
    title: str
    program: Path
    stock: OwnStock
    tools: tuple[OwnTool, ...]
    groups: dict[str, str]
    """machine, controller, material, environment -> option."""
    offsets: tuple[str, ...]
    """Work offsets that the program uses."""
    home: tuple[float, float, float]
    """[m]"""
    machine_position: tuple[float, float, float]
    """[m]"""
    guesses: dict[str, str]
    """What was guessed of the set-up, and on what ground; tools have their own."""
    target: Path | None = None

    @property
    def all_guesses(self) -> dict[str, str]:
        """Of the set-up and of the tools: what -> what was taken, and on what ground."""
        chosen = {what: f"{self.groups[what]}: " for what in self.guesses if what in self.groups}
        of_set_up = {what: chosen.get(what, "") + ground for what, ground in self.guesses.items()}
        of_tools = {f"T{tool.number} {what}": why for tool in self.tools for what, why in tool.guessed.items()}
        return of_set_up | of_tools


@dataclass(frozen=True)
class Words:
    """What the command line states."""

    tools: dict[int, dict[str, Any]]
    groups: dict[str, str]
    unit: Unit

    @classmethod
    def of(cls, words: Sequence[str]) -> "Words":
        """From ``tool.3.diameter_mm=10``, ``material=ti_6al_4v``, ``stock.unit=in``.

        Raises:
            InputError: a word that is none of these.
        """
        tools: dict[int, dict[str, Any]] = {}
        chosen: dict[str, str] = {}
        unit: Unit = "mm"
        for word in words:
            key, equals, text = word.partition("=")
            match = re.fullmatch(r"tools?\.(\d+)\.(\w+)", key)
            if match and equals:
                name, value = match[2], yaml.safe_load(text)
                if name.endswith("_in") and isinstance(value, (int, float)):  # the tool table is in mm
                    name, value = f"{name[:-3]}_mm", value * INCH / MM
                tools.setdefault(int(match[1]), {})[name] = value
            elif key in (*GROUPS, "material", "coolant", "model") and equals:
                known = groups()[key]
                if text not in known:
                    raise InputError(
                        f"there is no {key} '{text}'", remedy=f"{nearest(text, known)}known: {', '.join(known)}"
                    )
                chosen[key] = text
            elif key == "stock.unit" and text in ("mm", "in", "m"):
                unit = text  # type: ignore[assignment]
            else:
                raise InputError(
                    f"'{word}' is not understood",
                    remedy="as tool.3.diameter_mm=10, material=ti_6al_4v or stock.unit=in",
                )
        return cls(tools, chosen, unit)


def own_part(
    program: Path, stock: Path | None, words: Words, *, name: str | None = None, target: Path | None = None
) -> OwnPart:
    """Read the program, guess what it does not say.

    Raises:
        InputError: the program cannot be read, or a tool's diameter is nowhere.
    """
    text = _text(program)
    if (other := foreign(text)) is not None:
        raise InputError(other.said, file=program, line=other.line, remedy=REMEDY)
    called, listed = called_tools(text), listed_tools(text)
    known = complete(called, listed, words.tools, program)
    path, offsets = _path(text, program, known)
    radius = {number: (said.diameter or 0.0) / 2 for number, said in known.items()}
    facing = {number for number, said in known.items() if said.kind == "face"}
    box = swept_box(path, radius, facing)
    own_stock = box if stock is None else stock_of(stock, path, radius, box, words.unit)
    guesses = {"stock": own_stock.reason}
    chosen = {**GROUPS, **words.groups}
    if "material" not in words.groups:
        chosen["material"], guesses["material"] = material_of(text, program.stem, _cutting_speed(path, radius, facing))
    for group in GROUPS:
        if group not in words.groups:
            guesses[group] = "nothing says which"
    use = uses(path)
    aluminium = chosen["material"].startswith("aa")
    tools = tuple(
        own_tool(said, words.tools.get(number, {}), use.get(number), float(own_stock.upper[2]), aluminium)
        for number, said in known.items()
    )
    for tool in tools:
        _ = tool.tool  # checked before anything is written
    highest = float(max(path.start[:, 2].max(), path.end[:, 2].max(), own_stock.upper[2]))
    guesses["work offsets"] = f"{', '.join(offsets) or 'none'} at zero: part zero is where the program has it"
    guesses["place on the machine"] = f"the stock in the middle of the travel, {ABOVE_TABLE / MM:g} mm above the table"
    return OwnPart(
        name or re.sub(r"\W+", "_", program.stem).strip("_") or "part",
        _title(text, program),
        program,
        own_stock,
        tools,
        chosen,
        offsets,
        (0.0, 0.0, np.ceil((highest + 100 * MM) / (10 * MM)) * 10 * MM),
        _position(chosen["machine"], own_stock),
        guesses,
        target,
    )


def write_scenario(part: OwnPart, file: Path) -> None:
    """Write the scenario, and the stock in mm where its file is in another unit; whole or not at all.

    Raises:
        InputError: there is such a file already.
    """
    if file.exists():
        raise InputError(
            "there is such a file already", file=file, remedy="name another one with --output, or remove it"
        )
    stock = part.stock
    if stock.file is not None and stock.unit != "mm":
        converted = file.with_name(f"{file.stem}_stock.stl")
        write_mesh(converted, *read_mesh(stock.file, stock.unit))
        part = replace(part, stock=replace(stock, file=converted, unit="mm"))
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(scenario_text(part, file.parent))
    partial.replace(file)


def _text(program: Path) -> str:
    try:
        text = program.read_text(errors="replace")
    except OSError as error:
        raise InputError(
            f"the program cannot be read: {error.strerror}", file=program, remedy="name an NC file"
        ) from None
    if "\0" in text or text.startswith("solid"):
        raise InputError("this is no NC program", file=program, remedy="as: twin new part.nc stock.stl")
    return text


def _path(text: str, program: Path, known: Mapping[int, Any]) -> tuple[Toolpath, tuple[str, ...]]:
    """The path of the tips, and the work offsets that the program names."""
    moves = interpret(text, file=str(program), tools=plain_tools(known), home=(0.0, 0.0, 0.15, 0.0, 0.0, 0.0))
    path = linearise(moves, chord_tolerance=0.01 * MM, max_length=5 * MM)
    names = re.findall(r"G(5[4-9](?:\.[123])?)(?![\d.])", re.sub(r"\([^)]*\)|;.*", "", text), re.IGNORECASE)
    return path, tuple(f"G{name}" for name in dict.fromkeys(names))


def _cutting_speed(path: Toolpath, radius: Mapping[int, float], facing: set[int]) -> float | None:
    feed = ~path.rapid & (path.spindle != 0) & ~np.isin(path.tool, list(facing))
    speeds = [
        abs(speed) * radius.get(int(tool), 0.0) for speed, tool in zip(path.spindle[feed], path.tool[feed], strict=True)
    ]
    return float(max(speeds)) if speeds else None


def _title(text: str, program: Path) -> str:
    named = re.search(r"^\s*O\d+\s*\(([^)]+)\)", text, re.IGNORECASE | re.MULTILINE)
    return named[1].strip() if named else program.name


def _position(machine: str, stock: OwnStock) -> tuple[float, float, float]:
    """Where part zero sits in the work volume so that the stock lies in the middle of the table [m]."""
    values = yaml.safe_load(option_file("machine", machine).read_text())
    axes = build(Machine, values, "machine").axes
    middle = (stock.lower + stock.upper) / 2
    x, y = ((axes[name].travel_min + axes[name].travel_max) / 2 - middle[i] for i, name in enumerate("XY"))
    return round(x, 3), round(y, 3), round(ABOVE_TABLE - float(stock.lower[2]), 3)
