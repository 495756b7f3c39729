"""Where the tool is at a time, and what the tools have done to one point of the part."""

from dataclasses import dataclass

import numpy as np

from twin.stock.envelope import profile
from twin.units import MM
from twin.view.stage.loaded import LoadedRun

REACH = 5.0  # [mm] farther from the point than this a pass is not told of


@dataclass(frozen=True)
class ToolPlace:
    """The tool at one time."""

    segment: int  # of the path
    fraction: float  # of that segment that is done
    tip: np.ndarray  # (3,) [mm]
    axis: np.ndarray  # (3,) tip to spindle
    tool: int  # T number, 0 none


def tool_at(run: LoadedRun, time: float) -> ToolPlace:
    """Where the tool of ``run`` is at ``time`` [s]."""
    begin, end = run.segment["time_s"].T
    i = int(np.clip(np.searchsorted(end, time), 0, len(end) - 1))
    fraction = float(np.clip((time - begin[i]) / max(end[i] - begin[i], 1e-9), 0.0, 1.0))
    start, stop = run.segment["start_mm"][i], run.segment["end_mm"][i]
    tip = start + fraction * (stop - start)
    return ToolPlace(i, fraction, tip, run.tool_axis[i], int(run.segment["tool"][i]))


@dataclass(frozen=True)
class Passes:
    """The visits of the tools to one point, in the order of time."""

    time: np.ndarray  # (visit,) [s] when the tool was nearest
    segment: np.ndarray  # (visit,) of the path, where it was nearest
    clearance: np.ndarray  # (visit,) [mm] from the point to the body of the cutter then
    left: np.ndarray  # (visit,) [mm] smallest clearance until then: no more material than that can stand there


def passes_at(run: LoadedRun, point: np.ndarray) -> Passes:
    """Visits of the cutters to ``point`` (3,) [mm], while feeding and in reach of :data:`REACH`.

    A visit is a run of segments in reach; the cutter is the body that its edges sweep.
    """
    s = run.segment
    near, clearance = [], []
    for number, tool in run.tools.items():
        rows = np.flatnonzero((s["tool"] == number) & ~s["rapid"].astype(bool))
        if not rows.size:
            continue
        across, above = _nearest(run, rows, point)
        gap = _outside(profile(tool), across * MM, above * MM) / MM
        near.append(rows[gap < REACH])
        clearance.append(gap[gap < REACH])
    if not near or not sum(map(len, near)):
        empty = np.zeros(0)
        return Passes(empty, empty.astype(int), empty, empty)
    row, gap = np.concatenate(near), np.concatenate(clearance)
    order = np.argsort(row)
    row, gap = row[order], gap[order]
    visit = np.concatenate([[0], np.cumsum(np.diff(row) > 1)])
    best = np.array([np.flatnonzero(visit == k)[np.argmin(gap[visit == k])] for k in range(visit[-1] + 1)])
    return Passes(s["time_s"][row[best]].mean(axis=1), row[best], gap[best], np.minimum.accumulate(gap[best]))


def _nearest(run: LoadedRun, rows: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of ``point`` from the tool axis and height above the tip (segment,) [mm], nearest along each segment."""
    start, end, axis = run.segment["start_mm"][rows], run.segment["end_mm"][rows], run.tool_axis[rows]

    def flat(vector: np.ndarray) -> np.ndarray:
        return vector - np.sum(vector * axis, axis=1, keepdims=True) * axis

    along, to = flat(end - start), flat(point - start)
    length = np.sum(along**2, axis=1)
    part = np.clip(np.sum(along * to, axis=1) / np.maximum(length, 1e-12), 0.0, 1.0)
    lower = np.sum((end - start) * axis, axis=1) < 0  # a plunge is nearest at its end
    part = np.where(length < 1e-12, lower, part)
    from_tip = point - (start + part[:, None] * (end - start))
    return np.linalg.norm(flat(from_tip), axis=1), np.sum(from_tip * axis, axis=1)


def _outside(shape: np.void, across: np.ndarray, above: np.ndarray) -> np.ndarray:
    """About how far points lie outside a cutter (point,) [m]: exact beside it, below it and at its corner arc.

    Args:
        shape: as :func:`twin.stock.envelope.profile` returns it.
        across: (point,) [m] from the tool axis.
        above: (point,) [m] above the tip.
    """
    beside = across - float(shape["radius"])
    below = float(shape["corner"]) - above
    arc = np.hypot(np.maximum(across - float(shape["flat"]), 0.0), np.maximum(below, 0.0)) - float(shape["corner"])
    cone = float(shape["cone"])
    slope = (across - float(shape["tangent"])) * cone - (above - float(shape["tangent_height"]))
    oblique = slope / np.hypot(1.0, cone)
    return np.maximum(np.maximum(beside, arc), oblique)
