"""A run folder whose numbers are known in closed form: straight moves at constant speed, constant loads on each."""

import json
from pathlib import Path

import numpy as np
import xarray as xr
import yaml

from hardware.channel import Block, Channel, Clock
from hardware.identity import offsets_hash, program_hash, tools_hash
from hardware.recording import Header, Recorder
from twin.config import build
from twin.formats.signals import write_signals
from twin.machine.tool import Tool
from twin.result import Result, dataset
from twin.scenario import PartConfig

PROGRAM = """\
G21 G90 G54
T1 M6
S8000 M3
G0 X-10 Y20
G0 Z-2
G1 X70 F1200
G1 Y30
G1 X-10
G0 Z50
M30
"""
# line, end [mm], seconds, mean force X [N], power [W]
MOVES = (
    (4, (-10, 20, 50), 0.5, 0.0, 0.0),
    (5, (-10, 20, -2), 0.4, 0.0, 0.0),
    (6, (70, 20, -2), 4.0, 100.0, 800.0),
    (7, (70, 30, -2), 0.5, 60.0, 500.0),
    (8, (-10, 30, -2), 4.0, -100.0, 700.0),
    (9, (-10, 30, 50), 0.4, 0.0, 0.0),
)
START = (0.0, 0.0, 50.0)
PERIOD = 1e-3
FORCE_DEVIATION, POWER_DEVIATION = 0.1, 0.05  # of the mean
TOOL = {"name": "D10", "kind": "flat", "diameter_mm": 10, "n_teeth": 3, "flute_length_mm": 25, "stick_out_mm": 40}
PART = {
    "name": "made",
    "title": "A part made up",
    "program": "part.nc",
    "work_offsets": {"G54": {"x_mm": 5}},
    "stock": {"kind": "box", "lower_mm": [0, 0, -20], "upper_mm": [60, 40, 0]},
}


def make_run(folder: Path) -> Path:
    """Write the run into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.nc").write_text(PROGRAM)
    config = {"scenario": PART, "tools": {"1": TOOL}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    ends = np.array([row[1] for row in MOVES], float)
    starts = np.vstack([START, ends[:-1]])
    seconds = np.array([row[2] for row in MOVES])
    begins = np.cumsum(seconds) - seconds
    force, power = (np.array([row[k] for row in MOVES]) for k in (3, 4))
    cutting = power > 0
    length = np.linalg.norm(ends - starts, axis=1)
    mean = np.stack([force, 0 * force, 0 * force], axis=1)
    columns = {
        "line": ([row[0] for row in MOVES], "1", ""),
        "tool": (np.ones(len(MOVES), int), "1", ""),
        "rapid": (~cutting, "1", ""),
        "start_mm": (starts, "mm", "", ("axis",)),
        "end_mm": (ends, "mm", "", ("axis",)),
        "length_mm": (length, "mm", ""),
        "time_s": (np.stack([begins, begins + seconds], axis=1), "s", "", ("bound",)),
        "feed_mm_min": (np.where(cutting, 1200.0, np.nan), "mm/min", ""),
        "speed_mm_min": (length / seconds * 60, "mm/min", ""),
        "spindle_speed_rpm": (np.full(len(MOVES), 8000.0), "rpm", ""),
        "removed_mm3": (np.where(cutting, 10.0, 0.0), "mm³", ""),
        "force_mean_n": (mean, "N", "", ("axis",)),
        "force_peak_n": (2 * np.abs(force), "N", ""),
        "force_mean_deviation_n": (np.abs(mean) * FORCE_DEVIATION, "N", "", ("axis",)),
        "force_peak_deviation_n": (2 * np.abs(force) * FORCE_DEVIATION, "N", ""),
        "torque_mean_nm": (power / 838, "N m", ""),
        "torque_mean_deviation_nm": (power / 838 * POWER_DEVIATION, "N m", ""),
        "power_w": (power, "W", ""),
        "power_deviation_w": (power * POWER_DEVIATION, "W", ""),
    }
    total = float(seconds.sum())
    hours = np.arange(0.0, np.ceil(total) + 1)
    thermal = dataset(
        "time",
        {
            "temperature_degc": (20 + 0.1 * hours[:, None], "degC", "", ("node",)),
            "drift_um": (np.outer(hours, [0.0, 0.0, -2.0]), "µm", "", ("axis",)),
        },
        time_s=("time", hours, {"units": "s"}),
        node=["front_bearing"],
        axis=list("xyz"),
    )
    features = xr.Dataset({"predicted_mm": ("feature", [10.0])})
    tree = xr.DataTree.from_dict({"segments": dataset("segment", columns), "thermal": thermal, "features": features})
    tree.attrs.update(scenario="made", title=PART["title"], program=str(folder / "part.nc"), duration_s=total)
    Result(tree).save(folder)
    (folder / "run.json").write_text(json.dumps({"status": "done"}))
    time = np.arange(0, int(round(total / PERIOD)) + 1) * PERIOD
    tip, line = path_at(time)
    channels = {"time_s": time}
    for k, axis in enumerate("xyz"):
        channels[f"{axis}_commanded_mm"] = tip[:, k].astype(np.float32)
        channels[f"{axis}_actual_mm"] = tip[:, k].astype(np.float32)
    write_signals(folder / "signals.parquet", [{**channels, "line": line}], PERIOD)
    return folder


def path_at(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tip (sample, 3) [mm] and NC line (sample,) at times of the program [s]."""
    seconds = np.array([row[2] for row in MOVES])
    knots = np.concatenate([[0], np.cumsum(seconds)])
    points = np.vstack([START, *(row[1] for row in MOVES)]).astype(float)
    tip = np.stack([np.interp(time, knots, points[:, k]) for k in range(3)], axis=1)
    row = np.clip(np.searchsorted(knots, time, side="right") - 1, 0, len(MOVES) - 1)
    return tip, np.array([move[0] for move in MOVES])[row]


def loads_at(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Force X [N] and power [W] (sample,)."""
    knots = np.cumsum([row[2] for row in MOVES])
    row = np.clip(np.searchsorted(knots, time, side="right"), 0, len(MOVES) - 1)
    return np.array([move[3] for move in MOVES])[row], np.array([move[4] for move in MOVES])[row]


def header(**changes: str) -> Header:
    """Of a recording of that run."""
    part = build(PartConfig, PART, "scenario")
    known = {
        "program_hash": program_hash(PROGRAM),
        "offsets_hash": offsets_hash(part.work_offsets),
        "tools_hash": tools_hash({1: build(Tool, {"number": 1, **TOOL}, "tools.1")}),
    }
    return Header(**{"source": "a machine", "started": "2026-01-01T00:00:00Z", **known, **changes})


CHANNELS = (
    *(Channel(name=f"{a}_commanded_mm", unit="mm") for a in "xyz"),
    Channel(name="line", unit="1"),
    Channel(name="force_x_n", unit="N", sensor="dynamometer", serial_number="D-7", calibrated_on="2026-01-01"),
    Channel(name="spindle_power_w", unit="W"),
)


def measured(slower: float = 1.0, begin: float = 0.0, **add: float) -> Block:
    """One block of a machine that needs ``slower`` times as long for line 6 and starts ``begin`` [s] late.

    Args:
        add: what is added to a channel.
    """
    total = sum(row[2] for row in MOVES)
    knots, mine = [0.0], [0.0]
    for line, _, seconds, *_ in MOVES:
        knots.append(knots[-1] + seconds)
        mine.append(mine[-1] + seconds * (slower if line == 6 else 1.0))
    time = np.arange(0, int(round((mine[-1] + 2 * begin) / PERIOD))) * PERIOD
    place = np.interp(time - begin, mine, knots)
    tip, line = path_at(place)
    inside = (time >= begin) & (time - begin < mine[-1])
    force, power = loads_at(np.minimum(place, total - 1e-9))
    values = {f"{a}_commanded_mm": tip[:, k] for k, a in enumerate("xyz")}
    values |= {"line": np.where(inside, line, 0.0), "force_x_n": force, "spindle_power_w": power}
    for name, more in add.items():
        values[name] = values[name] + more
    return Block(0, time, values, np.zeros(len(time), np.uint8))


def record(file: Path, *blocks: Block, channels: tuple[Channel, ...] = CHANNELS, **changes: str) -> Path:
    """Write a recording and return its file."""
    with Recorder(file, channels, Clock(name="made", origin="start", period_s=PERIOD), header(**changes)) as recorder:
        for block in blocks:
            recorder.append(block)
    return file


def pieces(block: Block, n: int = 500) -> list[Block]:
    """The block in blocks of ``n`` samples."""
    return [
        Block(
            block.first + k,
            block.time[k : k + n],
            {name: v[k : k + n] for name, v in block.values.items()},
            block.quality[k : k + n],
        )
        for k in range(0, len(block), n)
    ]
