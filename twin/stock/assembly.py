"""A tool in its holder as a stack of convex bodies that must not touch what they do not cut."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from twin.machine.tool import Tool
from twin.stock.envelope import PROFILE, VERTICAL, profile

CUTTER, SHANK, HOLDER = range(3)


class Bodies(NamedTuple):
    """Bodies of several tools, lowest first; those of tool ``t`` are the rows ``first[t]:first[t + 1]``.

    Each is the real one shrunk by the tolerance on all sides, so that rubbing along a wall that the tool has
    just cut, or the chords of an arc, are no collision. Above its profile a body is taken as filled up to the
    spindle: a clamp that reaches over a cutter, around its neck, counts as touched.
    """

    profile: np.ndarray  # (body,) PROFILE
    base: np.ndarray  # (body,) [m] lowest point above the tip of the tool
    shrink: np.ndarray  # (body,) [m] how far that point was raised
    part: np.ndarray  # (body,) int8: CUTTER, SHANK, HOLDER
    first: np.ndarray  # (tool + 1,) int32


def bodies_of(tools: Iterable[Tool | None], tolerance: float) -> Bodies:
    """The Bodies of ``tools``, in their order; None (nothing in the spindle) has none; ``tolerance`` [m]."""
    rows: list[tuple[np.void, float, float, int]] = []
    first = [0]
    for tool in tools:
        if tool is not None:
            rows += [(*_shrunk(record, base, tolerance), part) for record, base, part in _stack(tool)]
        first.append(len(rows))
    profiles, base, shrink, part = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Bodies(
        np.array(list(profiles), PROFILE),
        np.array(base, float),
        np.array(shrink, float),
        np.array(part, np.int8),
        np.array(first, np.int32),
    )


def _stack(tool: Tool) -> list[tuple[np.void, float, int]]:
    """(profile, height of its lowest point above the tip [m], part) of cutter, shank and holder sections."""
    stack = [(profile(tool), 0.0, CUTTER)]
    if tool.stick_out > tool.flute_length:
        radius = (tool.shank_diameter or tool.diameter) / 2
        stack.append((_frustum(radius, radius, 0.0), tool.flute_length, SHANK))
    height = tool.stick_out
    for section in tool.holder:
        stack.append((_frustum(section.diameter_lower / 2, section.diameter_upper / 2, section.length), height, HOLDER))
        height += section.length
    return stack


def _frustum(lower: float, upper: float, length: float) -> np.void:
    """PROFILE of a disk of radius ``lower`` that widens to ``upper`` over ``length`` [m], if it widens."""
    cone = length / (upper - lower) if upper > lower else VERTICAL
    return np.array([(max(lower, upper), lower, 0.0, lower, 0.0, cone)], PROFILE)[0]


def _shrunk(record: np.void, base: float, by: float) -> tuple[np.void, float, float]:
    """``record`` with its surface moved inwards: (profile, base, how much higher its lowest point is) [m]."""
    radius, flat, corner, tangent, tangent_height, cone = (float(record[name]) for name in PROFILE.names or ())
    raised = by
    if corner > by:  # the arc keeps its centre
        scale = (corner - by) / corner
        inner = (radius - by, flat, corner - by, flat + (tangent - flat) * scale, tangent_height * scale, cone)
    else:
        # The cone z = (r - tangent) cone moves by `by` along its normal and meets the raised disk.
        secant = float(np.hypot(1.0, cone))
        disk = tangent - by * (secant - 1) / cone
        if disk < 0:  # it meets the axis first: a sharp tip
            disk, raised = 0.0, by * secant - tangent * cone
        inner = (max(radius - by, 0.0), disk, 0.0, disk, 0.0, cone)
    return np.array([inner], PROFILE)[0], base + raised, raised
