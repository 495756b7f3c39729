"""What is known of one point of a part: its numbers, its NC line, its history."""

import base64
import io
from dataclasses import dataclass

import numpy as np

from twin.view.stage.loaded import LoadedRun
from twin.view.stage.path import Passes, passes_at

OF_SEGMENT = (
    # variable, what it is called, unit, digits
    ("feed_mm_min", "feed", "mm/min", 0),
    ("speed_mm_min", "speed reached", "mm/min", 0),
    ("spindle_speed_rpm", "spindle", "rpm", 0),
    ("depth_mm", "engaged depth", "mm", 2),
    ("engagement_deg", "engaged angle", "°", 0),
    ("force_peak_n", "peak force", "N", 0),
    ("power_w", "spindle power", "W", 0),
    ("torque_peak_nm", "peak torque", "N m", 2),
    ("chatter_margin", "stable depth over depth", "1", 2),
    ("wear_um", "flank wear", "µm", 1),
    ("interface_degc", "chip temperature", "°C", 0),
)


@dataclass(frozen=True)
class Row:
    """One number of the point, for each run that is shown."""

    name: str
    unit: str
    values: tuple[float, ...]  # (run,) NaN where it is not known
    digits: int

    def words(self) -> tuple[str, ...]:
        """The values as they are written."""
        return tuple("-" if not np.isfinite(v) else f"{v:,.{self.digits}f}" for v in self.values)


@dataclass(frozen=True)
class Picked:
    """A point of the surface."""

    point: np.ndarray  # (3,) [mm]
    machined: bool
    made: float  # [s] when the surface was made, NaN: by no tool
    line: int  # NC line that made it, -1: none
    line_text: str  # of the program; empty where it is no longer there
    rows: tuple[Row, ...]
    passes: Passes
    force: np.ndarray  # (visit,) [N] peak at each visit
    tool: np.ndarray  # (visit,) T number

    @property
    def heading(self) -> str:
        """Where it is and what made it."""
        x, y, z = self.point
        where = f"X{x:.2f} Y{y:.2f} Z{z:.2f} mm"
        return f"{where}, line {self.line}" if self.line >= 0 else f"{where}, not machined"


def pick(run: LoadedRun, point: np.ndarray, other: LoadedRun | None = None) -> Picked:
    """The sample of the surface that is nearest to ``point`` (3,) [mm].

    Args:
        run: whose surface is meant.
        other: its numbers at the same place are told too.
    """
    surface = run.result["surface"]
    row = _nearest(run, point)
    place = surface["position_mm"].values[row].astype(float)
    segment = int(surface["segment"].values[row])
    line = int(surface["line"].values[row])
    numbers = _numbers(run, row)
    second = {} if other is None else _numbers(other, _nearest(other, place))
    rows = tuple(
        Row(name, unit, (value, *((second.get((name, unit, digits), np.nan),) if other is not None else ())), digits)
        for (name, unit, digits), value in numbers.items()
    )
    passes = passes_at(run, place)
    return Picked(
        point=place,
        machined=bool(surface["machined"].values[row]),
        made=float(run.segment["time_s"][segment, 1]) if segment >= 0 else np.nan,
        line=line,
        line_text=run.program[line - 1].strip() if 0 < line <= len(run.program) else "",
        rows=rows,
        passes=passes,
        force=run.segment["force_peak_n"][passes.segment],
        tool=run.segment["tool"][passes.segment],
    )


def _nearest(run: LoadedRun, point: np.ndarray) -> int:
    """Row of the surface sample nearest to ``point`` (3,) [mm]."""
    away = run.result["surface"]["position_mm"].values - point.astype(np.float32)
    return int(np.argmin(np.einsum("ij,ij->i", away, away)))


def _numbers(run: LoadedRun, row: int) -> dict[tuple[str, str, int], float]:
    """(name, unit, digits) -> value of one sample and of the segment that made it."""
    surface = run.result["surface"]
    segment = int(surface["segment"].values[row])
    found = {("deviation", "µm", 2): float(surface["deviation_um"].values[row])}
    for k, source in enumerate(surface["source"].values):
        found[f"- {source}", "µm", 2] = float(surface["contribution_um"].values[row, k])
    found["above the target", "µm", 2] = float(surface["excess_um"].values[row])
    if segment >= 0:
        found["made at", "s", 1] = float(run.segment["time_s"][segment, 1])
        found["tool", "T", 0] = float(run.segment["tool"][segment])
        for variable, name, unit, digits in OF_SEGMENT:
            if variable in run.segment:
                found[name, unit, digits] = float(run.segment[variable][segment])
    return found


def history_picture(picked: Picked, size: tuple[float, float] = (4.6, 3.4)) -> bytes:
    """PNG of what the cutters have left above the point, and how hard they cut there; ``size`` in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained", dpi=100)
    above, force = figure.subplots(2, 1, sharex=True)
    passes = picked.passes
    for number in np.unique(picked.tool):
        mine = picked.tool == number
        above.plot(passes.time[mine], passes.clearance[mine], ".", label=f"T{number}")
        force.plot(passes.time[mine], picked.force[mine], ".")
    above.step(passes.time, passes.left, where="post", color="0.4", linewidth=0.9)
    above.set_ylabel("cutter off the point [mm]", fontsize=8)
    force.set_ylabel("peak force [N]", fontsize=8)
    force.set_xlabel("time [s]", fontsize=8)
    for axes in (above, force):
        axes.tick_params(labelsize=8)
        axes.set_ylim(bottom=0)
        if np.isfinite(picked.made):
            axes.axvline(picked.made, color="#ff00ff", linewidth=0.9)
    if len(passes.time):
        above.legend(fontsize=7, frameon=False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def as_data_address(png: bytes) -> str:
    """What a page shows as picture."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
