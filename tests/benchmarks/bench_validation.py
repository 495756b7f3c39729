"""Validation of an hour of 20 channels at 1 kHz: ``python tests/benchmarks/bench_validation.py [HOURS]``.

A raster of straight lines, 50 segments a minute... the machine runs them a little slower than predicted; the recording
has blocks of 1,000 samples, as the bench writes them. Prints seconds by stage and the peak memory of each process.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "hardware")]

from made_run import PART, TOOL, header  # noqa: E402

from twin.runs import PROGRAM  # noqa: E402

PERIOD, ROWS = 1e-3, 1000
LINE_S, ROW_MM, STEP_MM = 4.0, 80.0, 0.5
SLOWER = 1.002
CHANNELS = (
    *(f"{a}_{kind}_mm" for kind in ("commanded", "actual") for a in "xyz"),
    *(f"{a}_following_error_um" for a in "xyz"),
    *(f"force_{a}_n" for a in "xyz"),
    *("spindle_power_w", "spindle_torque_nm", "path_speed_mm_s", "spindle_speed_rpm", "feed_mm_min", "line"),
    *("front_bearing_degc", "nest_z_um"),
)


def tip_at(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tip (sample, 3) [mm] and line (sample,) of the raster."""
    row = (t // LINE_S).astype(np.int64)
    share = t / LINE_S - row
    x = ROW_MM * np.where(row % 2, 1 - share, share)
    return np.stack([x, STEP_MM * (row % 200), -2.0 - row // 200], axis=1), 10 + row


def make_run(folder: Path, duration: float) -> None:
    """The run folder: two segments a second."""
    import json

    import xarray as xr
    import yaml

    from twin.formats.signals import write_signals
    from twin.result import Result, dataset

    folder.mkdir()
    n = int(duration * 2)
    begin = np.arange(n) * 0.5
    start, line = tip_at(begin)
    end, _ = tip_at(begin + 0.5 - 1e-9)
    lines = 10 + int(duration / LINE_S)
    (folder / PROGRAM).write_text("\n".join(f"G1 X{k}" for k in range(lines)))
    (folder / "config.yaml").write_text(yaml.safe_dump({"scenario": PART, "tools": {"1": TOOL}}))
    load = 100 + 50 * np.sin(np.arange(n) * 0.3)
    fixed = {"tool": 1, "rapid": False, "feed_mm_min": 1200.0, "speed_mm_min": 1200.0, "spindle_speed_rpm": 8000.0}
    columns = {name: (np.full(n, value), "1", "") for name, value in (fixed | {"removed_mm3": 1.0}).items()}
    columns |= {"line": (line, "1", ""), "start_mm": (start, "mm", "", ("axis",)), "end_mm": (end, "mm", "", ("axis",))}
    columns |= {"time_s": (np.stack([begin, begin + 0.5], axis=1), "s", "", ("bound",))}
    force = np.stack([load, -load, load / 3], axis=1)
    columns |= {"force_mean_n": (force, "N", "", ("axis",))}
    columns |= {"force_mean_deviation_n": (0.1 * np.abs(force), "N", "", ("axis",))}
    for name, factor in (("force_peak_n", 2.0), ("torque_mean_nm", 0.01), ("power_w", 8.0)):
        columns[name] = (factor * load, "1", "")
        stem, unit = name.rsplit("_", 1)
        columns[f"{stem}_deviation_{unit}"] = (0.1 * factor * load, "1", "")
    seconds = np.arange(0.0, duration + 1)
    warm = (20 + 5 * (1 - np.exp(-seconds / 900)))[:, None]
    thermal = dataset(
        "time",
        {"temperature_degc": (warm, "degC", "", ("node",)), "drift_um": (np.tile(warm, 3), "µm", "", ("axis",))},
        time_s=("time", seconds, {"units": "s"}),
        node=["front_bearing"],
        axis=list("xyz"),
    )
    tree = xr.DataTree.from_dict(
        {
            "segments": dataset("segment", columns),
            "thermal": thermal,
            "features": xr.Dataset({"predicted_mm": ("feature", [0.0])}),
        }
    )
    tree.attrs.update(title="An hour", program=str(folder / PROGRAM), duration_s=duration)
    Result(tree).save(folder)
    (folder / "run.json").write_text(json.dumps({"status": "done"}))

    def blocks():
        total = int(duration / PERIOD) + 1
        for first in range(0, total, 1 << 17):
            t = np.arange(first, min(first + (1 << 17), total)) * PERIOD
            tip, line = tip_at(t)
            axes = {f"{a}_commanded_mm": tip[:, k].astype(np.float32) for k, a in enumerate("xyz")}
            axes |= {f"{a}_actual_mm": (tip[:, k] - 0.01).astype(np.float32) for k, a in enumerate("xyz")}
            yield {"time_s": t, **axes, "line": line}

    write_signals(folder / "signals.parquet", blocks(), PERIOD)


def make_recording(file: Path, run: Path, duration: float) -> None:
    """What the machine did: a little slower, with noise on every channel."""
    from hardware.channel import Block, Channel, Clock
    from hardware.identity import program_hash
    from hardware.recording import Recorder

    random = np.random.default_rng(0)
    channels = tuple(Channel(name=name, unit="", uncertainty=0.01) for name in CHANNELS)
    head = header(program_hash=program_hash((run / PROGRAM).read_text()))
    clock = Clock(name="made", origin="start", period_s=PERIOD)
    with Recorder(file, channels, clock, head) as recorder:
        total = int(duration * SLOWER / PERIOD)
        for first in range(0, total, ROWS):
            t = (first + np.arange(min(ROWS, total - first))) * PERIOD
            tip, line = tip_at(np.minimum(t / SLOWER, duration - 1e-6))
            values = {f"{a}_{kind}_mm": tip[:, k] for k, a in enumerate("xyz") for kind in ("commanded", "actual")}
            for name in CHANNELS[6:]:
                values[name] = 100 + random.standard_normal(len(t))
            for a in "xyz":
                values[f"{a}_actual_mm"] = values[f"{a}_actual_mm"] + 1e-3 * random.standard_normal(len(t))
            values["line"] = line.astype(float)
            recorder.append(Block(first, t, values, np.zeros(len(t), np.uint8)))


CHILD = """
import sys, time, resource
sys.path[:0] = {path!r}
from pathlib import Path
import numpy as np
began = time.perf_counter()
from hardware.validation import report, validate
imported = time.perf_counter()
found = validate(Path({recording!r}), Path({run!r}))
validated = time.perf_counter()
report(found, Path({out!r}), picture=False)
told = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
n = sum(row.fidelity.samples for row in found.channels)
print(f"import {{imported - began:.1f}} s, validate {{validated - imported:.1f}} s, report {{told - validated:.1f}} s, "
      f"peak {{peak:,.0f}} MiB, {{len(found.channels)}} channels, {{n:,}} samples, late {{found.spans.late[-1]:.2f}} s")
"""


def main() -> None:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    duration = 3600 * hours
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        make_run(folder / "run", duration)
        make_recording(folder / "a.arrows", folder / "run", duration)
        size = (folder / "a.arrows").stat().st_size / 2**20
        made = time.perf_counter() - began
        print(f"{hours:g} h x {len(CHANNELS)} channels at 1 kHz, {size:,.0f} MiB (made in {made:.0f} s)", flush=True)
        known = {"recording": str(folder / "a.arrows"), "run": str(folder / "run"), "out": name}
        code = CHILD.format(path=[str(ROOT)], **known)
        for _ in range(2):
            subprocess.run([sys.executable, "-c", code], check=True)
    print(f"peak of making it {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
