"""From a finished run to what its components feel: loads of the cut, inertia, speeds, temperatures."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import yaml
from jax.tree_util import register_dataclass

from twin.compiled import Array, padded_rows
from twin.config import build
from twin.data import recording
from twin.errors import InputError
from twin.machine.machine import Machine
from twin.machine.tool import Tool
from twin.motion import Controller, time_law
from twin.motion.track import sample, track_of
from twin.program import interpret
from twin.result import load
from twin.scenario import PartConfig
from twin.units import RPM

PERIOD = 0.01  # [s] between samples of the axes
MOST_SAMPLES = 1 << 19  # longer programs are sampled more coarsely
SAME_TIME = 1e-4  # relative difference of the duration above which the program is said to be another one


@register_dataclass
@dataclass(frozen=True)
class SpindleLoads:
    """What the spindle feels, segment by segment. Rows are padded to a power of two by such of no duration."""

    seconds: Array  # (segment,) [s]
    speed: Array  # (segment,) [rad/s]
    radial: Array  # (segment,) [N] on the tool, across its axis
    axial: Array  # (segment,) [N] on the tool, along it
    torque: Array  # (segment,) [N m]
    operation: Array  # (segment,) int


@register_dataclass
@dataclass(frozen=True)
class AxisLoads:
    """What the axes feel, at even steps of time. Rows are padded to a power of two by such in which nothing moves."""

    seconds: Array  # (sample,) [s] of each; 0 in the padding
    speed: Array  # (sample, 3) [m/s] of the tool tip in the part
    acceleration: Array  # (sample, 3) [m/s2]
    cutting: Array  # (sample, 3) [N] on the tool, part axes
    operation: Array  # (sample,) int


@dataclass(frozen=True)
class Operation:
    """A stretch of the program with one tool."""

    label: str  # T word, and first and last line of the NC program
    tool: str


@dataclass(frozen=True)
class RunLoads:
    """A run, ready to be held against components."""

    folder: Path
    title: str
    machine: str
    table_axes: str  # axes that carry the part
    duration: float  # [s]
    force_scatter: float  # relative standard deviation of the cutting forces
    operations: tuple[Operation, ...]
    spindle: SpindleLoads
    axes: AxisLoads
    length: np.ndarray  # (segment,) [m] from the spindle nose to the tool tip
    temperature: dict[str, np.ndarray]  # thermal node -> (segment,) [degC]
    friction: np.ndarray  # (3,) [N] of the guides of X, Y, Z


def read_run(folder: Path) -> RunLoads:
    """The loads of a finished run: those of its result, and the accelerations of its program timed again.

    Raises:
        InputError: no finished run, a program that is gone or no longer the one that ran.
    """
    result = load(folder)
    attrs, s, thermal = result.tree.attrs, result["segments"], result["thermal"]
    config = yaml.safe_load((folder / "config.yaml").read_text())
    machine = build(Machine, config["machine"], "machine")
    tools = {int(n): build(Tool, {"number": int(n), **row}, f"tools.{n}") for n, row in config["tools"].items()}
    start, end = s["time_s"].values.T
    force = s["force_mean_n"].values.astype(float)
    peak = s["force_peak_n"].values.astype(float)
    number = s["tool"].values.astype(int)
    stretch = np.concatenate([[0], np.cumsum(np.diff(number) != 0)])
    middle = (start + end) / 2
    length = {n: tool.stick_out + sum(section.length for section in tool.holder) for n, tool in tools.items()}
    spindle = SpindleLoads(
        seconds=end - start,
        speed=np.abs(s["spindle_speed_rpm"].values) * RPM,
        radial=_lasting(np.hypot(force[:, 0], force[:, 1]), peak),
        axial=np.abs(force[:, 2]),
        torque=np.abs(s["torque_mean_nm"].values.astype(float)),
        operation=stretch,
    )
    temperature = {
        str(node): np.interp(middle, thermal["time_s"].values, thermal["temperature_degc"].sel(node=node).values)
        for node in thermal["node"].values
    }
    axes = _axes(folder, config, tools, float(attrs["duration_s"]), (start, force, stretch))
    cutting = peak > 0
    spread = s["force_peak_deviation_n"].values[cutting]
    return RunLoads(
        folder=folder,
        title=str(attrs["title"]),
        machine=machine.name,
        table_axes=machine.chain.split("b")[0],
        duration=float(attrs["duration_s"]),
        force_scatter=float(spread.sum() / peak[cutting].sum()) if cutting.any() else 0.0,
        operations=_operations(stretch, number, s["line"].values, tools),
        spindle=jax.tree.map(padded_rows, spindle),
        axes=jax.tree.map(padded_rows, axes),
        length=padded_rows(np.array([length.get(n, 0.0) for n in number])),
        temperature={node: padded_rows(values, mode="edge") for node, values in temperature.items()},
        friction=np.array([machine.thermal.feed_drives[axis].friction_force for axis in "XYZ"]),
    )


def _lasting(mean: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """The steady force [N] that wears as one that swings within a turn, (segment,): (F_min + 2 F_max) / 3.

    The swing is taken as a straight one about the mean, up to the peak (the mean load of bearing catalogues).
    """
    least = np.maximum(2 * mean - peak, 0)
    return (least + 2 * peak) / 3


def _axes(
    folder: Path,
    config: dict[str, Any],
    tools: dict[int, Tool],
    duration: float,
    segments: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> AxisLoads:
    """Of the program timed again. ``segments``: their start [s], force [N], operation."""
    part = build(PartConfig, config["scenario"], "scenario")
    program = interpret(
        _program_text(folder, part),
        file=part.program,
        tools=tools,
        work_offsets={name: (o.x, o.y, o.z, o.a, o.b, o.c) for name, o in part.work_offsets.items()},
        home=(*part.home, 0.0, 0.0, 0.0),
    )
    motion = time_law(program, build(Controller, config["controller"], "controller"))
    if abs(motion.duration - duration) > SAME_TIME * duration:
        raise InputError(
            f"the program now takes {motion.duration:.1f} s, the run took {duration:.1f} s",
            file=folder,
            remedy="the program has changed since: run it again",
        )
    period = max(PERIOD, duration / MOST_SAMPLES)
    n = int(duration / period) + 1
    position = sample(track_of(program, motion), np.arange(n) * period)[0]
    speed = np.diff(position, axis=0, prepend=position[:1]) / period
    start, force, stretch = segments
    row = np.clip(np.searchsorted(start, np.arange(n) * period, side="right") - 1, 0, None)
    return AxisLoads(
        seconds=np.full(n, period),
        speed=speed,
        acceleration=np.diff(speed, axis=0, append=speed[-1:]) / period,
        cutting=force[row],
        operation=stretch[row],
    )


def _program_text(folder: Path, part: PartConfig) -> str:
    name = str(load(folder).tree.attrs["program"])
    path = recording(name.removeprefix("data:")) if name.startswith("data:") else Path(name)
    if not path.is_file():
        raise InputError("the NC program of this run is gone", file=name, remedy="put it back, or run again")
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def _operations(
    stretch: np.ndarray, number: np.ndarray, line: np.ndarray, tools: dict[int, Tool]
) -> tuple[Operation, ...]:
    found = []
    for k in range(int(stretch[-1]) + 1):
        mine = stretch == k
        tool = int(number[mine][0])
        label = f"T{tool} {line[mine].min()}–{line[mine].max()}"
        found.append(Operation(label, tools[tool].name if tool in tools else "no tool"))
    return tuple(found)
