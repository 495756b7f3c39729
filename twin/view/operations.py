"""The operations of an NC program, as its tool changes and comments part it, and what each asks of the machine."""

import re
from dataclasses import dataclass

import numpy as np
import xarray as xr

MOST = 60  # more of them, and only tool changes part a program
COMMENT = re.compile(r"^\s*(?:/\d?\s*)?(?:N\d+\s*)?(?:\(([^()]*)\)|;(.*))\s*$", re.IGNORECASE)

BLOCK = re.compile(r"^\s*(?:N\d+\s*)?[A-NP-Z]", re.IGNORECASE)  # a word that is neither % nor the number of the program


@dataclass(frozen=True)
class Operation:
    """A run of segments with one tool under one comment."""

    number: int  # from 1, in the order of the program
    name: str
    tool: int
    segments: slice
    lines: tuple[int, int]  # first and last NC line
    time: tuple[float, float]  # [s] begin and end


def operations(segments: xr.Dataset, program: str, tools: dict[int, str]) -> list[Operation]:
    """Operations in the order in which they run.

    Args:
        segments: of a Result.
        program: its NC text; empty where it is not known.
        tools: name of each tool, for operations without a comment.
    """
    line, tool = segments["line"].values, segments["tool"].values
    time = segments["time_s"].values
    if not len(line):
        return []
    heads = _heads(program)
    under = (
        np.searchsorted([number for number, _ in heads], line, side="right") - 1 if heads else np.full(len(line), -1)
    )
    other_tool = np.flatnonzero(np.diff(tool)) + 1
    starts = np.union1d(other_tool, np.flatnonzero(np.diff(under)) + 1)
    by_comment = len(starts) < MOST
    if not by_comment:
        starts = other_tool
    bounds = np.r_[0, starts, len(line)]
    found: list[Operation] = []
    for first, last in zip(bounds[:-1], bounds[1:], strict=True):
        number = int(tool[first])
        before = int(line[first - 1]) if first else 0
        said = [name for at, name in heads if before < at <= line[first]]
        if by_comment and not said and under[first] >= 0 and under[first] != under[max(first - 1, 0)]:
            said = [heads[under[first]][1]]  # a loop or a subroutine goes back to it
        found.append(
            Operation(
                number=len(found) + 1,
                name=said[-1 if by_comment else 0] if said else tools.get(number, f"T{number}"),
                tool=number,
                segments=slice(int(first), int(last)),
                lines=(int(line[first:last].min()), int(line[first:last].max())),
                time=(float(time[first, 0]), float(time[last - 1, 1])),
            )
        )
    return found


HEADINGS = (
    "no.",
    "operation",
    "tool",
    "NC lines",
    "time [s]",
    "cutting [s]",
    "removed [cm³]",
    "peak force [N]",
    "peak power [W]",
    "least chatter margin",
    "hottest chip [°C]",
)


def operation_row(operation: Operation, segments: xr.Dataset) -> tuple[str, ...]:
    """What the operation asks, under :data:`HEADINGS`."""
    mine = segments.isel(segment=operation.segments)
    time, removed = mine["time_s"].values, mine["removed_mm3"].values
    cutting = removed > 0

    def extreme(name: str, pick: np.ufunc, form: str) -> str:
        values = mine[name].values[cutting]
        values = values[np.isfinite(values)]
        return format(pick.reduce(values), form) if values.size else ""

    return (
        str(operation.number),
        operation.name,
        f"T{operation.tool}",
        f"{operation.lines[0]}–{operation.lines[1]}",
        f"{operation.time[1] - operation.time[0]:,.1f}",
        f"{(time[:, 1] - time[:, 0])[cutting].sum():,.1f}",
        f"{removed.sum() / 1e3:,.2f}",
        extreme("force_peak_n", np.maximum, ",.0f"),
        extreme("power_w", np.maximum, ",.0f"),
        extreme("chatter_margin", np.minimum, ".2f"),
        extreme("interface_degc", np.maximum, ",.0f"),
    )


def chatter_of(operation: Operation, segments: xr.Dataset) -> str:
    """A sentence where the operation chatters, else nothing."""
    mine = segments.isel(segment=operation.segments)
    removed, margin = mine["removed_mm3"].values, mine["chatter_margin"].values
    bad = (removed > 0) & (margin < 1.0)
    if not bad.any():
        return ""
    worst = int(np.argmin(np.where(bad, margin, np.inf)))
    share = 100 * removed[bad].sum() / removed.sum()
    return (
        f"operation {operation.number} (T{operation.tool} {operation.name}): {_percent(share)} of its volume is cut "
        f"with chatter, which marks the surface and wears the tool in ways that are not modelled; the least margin is "
        f"{margin[worst]:.2f}, in line {int(mine['line'].values[worst])}"
    )


def _percent(share: float) -> str:
    return "less than 1 %" if share < 1 else f"{share:.0f} %"


def _heads(program: str) -> list[tuple[int, str]]:
    """NC line and text of each comment that stands alone; those above the first block are of the file."""
    found, begun = [], False
    for number, text in enumerate(program.splitlines(), 1):
        name = _comment(text)
        if name and begun:
            found.append((number, name))
        begun = begun or bool(BLOCK.match(text))
    return found


def _comment(text: str) -> str:
    """What a line of nothing but a comment says."""
    match = COMMENT.match(text)
    return (match[1] or match[2] or "").strip() if match else ""
