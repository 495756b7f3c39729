"""The YAML text of an own part's scenario: what was read with its line, what was guessed with its ground."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.own_part.setup import OwnStock
from twin.own_part.tools import OwnTool
from twin.units import MM

if TYPE_CHECKING:
    from twin.own_part.scenario import OwnPart

GUESS = "GUESS"  # marks in the file what nobody said


def scenario_text(part: "OwnPart", folder: Path) -> str:
    """The file's text; other files are named relative to ``folder``."""
    guesses = part.guesses
    lines = [
        "# @package _global_",
        f"# {part.title}. Run it: twin run scenario={part.name}.yaml",
        f"# Made by `twin new` from {part.program.name}. What it could not read there is marked {GUESS}: look at each.",
        "defaults:",
        *(f"  - /tool@tools.{tool.number}: {tool.option}" for tool in part.tools),
        "  - _self_",
        *(f"  - override /{group}: {option}{_mark(guesses.get(group))}" for group, option in part.groups.items()),
        "",
        "scenario:",
        f"  name: {part.name}",
        f"  title: {_text(part.title)}",
        f"  program: {_text(_from(folder, part.program))}",
        f"  work_offsets:{_mark(guesses['work offsets'])}",
        *(f"    {name}: {{x_mm: 0, y_mm: 0, z_mm: 0}}" for name in part.offsets or ("G54",)),
        f"  part_zero_mm: [0, 0, 0]            # {GUESS}: the part frame is the program's",
        f"  machine_position_mm: {_vector(part.machine_position)}{_mark(guesses['place on the machine'])}",
        f"  home_mm: {_vector(part.home)}          # {GUESS}: above everything; where the program starts, and of G28",
        *_stock_lines(part.stock, folder, guesses["stock"]),
        "  target: {kind: envelope}           # what the path itself leaves; or {kind: mesh, file: part.stl}"
        if part.target is None
        else f"  target: {{kind: mesh, file: {_text(_from(folder, part.target))}{_shift(part.stock)}}}",
        "  guessed:                           # for the report; take out what you have made sure of",
        *(f"    {_text(what)}: {_text(_comment(ground))}" for what, ground in part.all_guesses.items()),
        "",
        "tools:",
    ]
    for tool in part.tools:
        lines += _tool_lines(tool)
    return "\n".join(lines) + "\n"


def _stock_lines(stock: OwnStock, folder: Path, reason: str) -> Sequence[str]:
    if stock.file is None:
        box = f"lower_mm: {_vector(stock.lower)}, upper_mm: {_vector(stock.upper)}"
        return [f"  # {GUESS}: {reason}", f"  stock: {{kind: box, {box}}}"]
    mesh = f"  stock: {{kind: mesh, file: {_text(_from(folder, stock.file))}{_shift(stock)}}}"
    return [f"  # {GUESS if _shift(stock) else 'placed'}: {reason}", mesh]


def _shift(stock: OwnStock) -> str:
    if stock.shift is None or not stock.shift.any():
        return ""
    return f", shift_mm: {_vector(stock.shift)}"


def _tool_lines(tool: OwnTool) -> Sequence[str]:
    """One entry of the tool table; the first line says where it was read, the comments what was guessed."""
    lines = [f'  "{tool.number}":']
    if tool.read.get("diameter"):
        lines.append(f"    # read from {_comment(tool.read['diameter'])}")
    lines += [f"    # {GUESS} {what}: {_comment(ground)}" for what, ground in tool.guessed.items()]
    return [*lines, *(f"    {key}: {_text(value)}" for key, value in tool.changes.items())]


def _mark(reason: str | None) -> str:
    return f"  # {GUESS}: {_comment(reason)}" if reason else ""


def _comment(text: str) -> str:
    return " ".join(text.split())


def _text(value: Any) -> str:
    """A scalar as YAML writes it; texts in quotes, `${` would be an interpolation."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''").replace("${", "$ {") + "'"
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _vector(metres: Iterable[float]) -> str:
    return "[" + ", ".join(f"{float(part) / MM:.10g}" for part in metres) + "]"


def _from(folder: Path, file: Path) -> str:
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
