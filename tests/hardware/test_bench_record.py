"""A source beside a run: what is recorded, what is shown, what is said."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from hardware.bench import bench_options, open_source, record
from hardware.channel import Block, Channel, Clock
from hardware.linuxcnc.source import Outcome
from hardware.live import Latency, LiveDifference, PredictedPath, predicted_path
from hardware.recording import open_recording
from hardware.shield import Shield
from twin.errors import InputError
from twin.formats.signals import write_signals
from twin.units import MM, UM

ROOT = Path(__file__).resolve().parents[2]
SPEED = 20.0  # [mm/s]
CHANNELS = tuple(Channel(name=f"{axis}_actual_mm", unit="mm") for axis in "xyz") + (Channel(name="line", unit="1"),)


@dataclass
class Scripted:
    """A source of given blocks that ends as told."""

    given: list[Block]
    ends_with: BaseException | None = None
    channels: tuple[Channel, ...] = CHANNELS
    outcome: object = None
    clock: Clock = field(default_factory=lambda: Clock(name="test", origin="start", period_s=1e-3))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def blocks(self):
        yield from self.given
        if self.ends_with:
            raise self.ends_with


class Named:
    tools: dict = {}


def out_and_back(time):
    """Positions (sample, 3) [mm] of a stroke of 20 mm and back, 5 mm to the side, and the line that runs."""
    s = np.clip(time, 0, 2) * SPEED
    x, back = np.where(s < 20, s, 40 - s), s >= 20
    return np.stack([x, np.where(back, 5.0, 0.0), np.zeros_like(x)], axis=1), np.where(back, 3, 2)


@pytest.fixture
def run(tmp_path):
    """A run of the twin, as far as a bench looks at it."""
    time = np.arange(2001) * 1e-3
    tip, line = out_and_back(time)
    actual = {f"{axis}_actual_mm": tip[:, i].astype(np.float32) for i, axis in enumerate("xyz")}
    write_signals(tmp_path / "signals.parquet", [{"time_s": time, **actual, "line": line}], 1e-3)
    return tmp_path


def blocks(slower=1.0, aside=0.0, before=0.5, missing=()):
    """A machine that is slower than predicted, ``aside`` [mm] of the path in Z, after a wait; 10 ms a block."""
    time = np.arange(int(1000 * (before + 2 * slower))) * 1e-3
    tip, line = out_and_back((time - before) / slower)
    line = np.where(time < before, 0, line)
    made = []
    for first in range(0, len(time), 10):
        if first in missing:
            continue
        some = slice(first, first + 10)
        values = {"x_actual_mm": tip[some, 0], "y_actual_mm": tip[some, 1], "z_actual_mm": tip[some, 2] + aside}
        made.append(Block(first, time[some], {**values, "line": line[some]}, np.zeros(len(time[some]), np.uint8)))
    return made


def test_off_the_path_and_late(run):
    """A machine 12 µm aside that takes 1.25 times as long: the distance exactly, the lateness at its end 0.5 s."""
    live = LiveDifference(predicted_path(run))
    for block in blocks(slower=1.25, aside=0.012):
        live.add(block)
    assert live.rms == pytest.approx(12 * UM, rel=1e-3)
    assert 12 * UM < live.largest < 13 * UM  # the jump to the other line is no stretch of the path
    assert live.late == pytest.approx(0.5, abs=5e-3)
    assert live.progress == pytest.approx(1, abs=2e-3)
    assert live.line == 3


def test_the_way_back_is_not_taken_for_the_way_out():
    """Where the path turns back on itself, the match stays on its branch: lateness tells the branches apart."""
    time = np.arange(2000) * 1e-3
    x = np.where(time < 1, time, 2 - time) * SPEED
    tip = np.stack([x, 0 * x, 0 * x], axis=1) * MM
    live = LiveDifference(PredictedPath(time, tip, np.full(len(time), 1), 2.0))
    for first in range(0, 2000, 20):
        some = slice(first, first + 20)
        values = {f"{axis}_actual_mm": tip[some, i] / MM for i, axis in enumerate("xyz")}
        live.add(Block(first, time[some], {**values, "line": np.ones(20)}, np.zeros(20, np.uint8)))
        assert abs(live.late) < 2.5e-3


def test_corners_of_rapids_do_not_count(run):
    live = LiveDifference(predicted_path(run), rapid_lines=np.array([2]))
    for block in blocks(aside=0.1):
        if block.time[0] < 1.4:  # line 2 only
            live.add(block)
    assert live.away == pytest.approx(100 * UM) and live.largest == live.rms == 0.0


def test_a_machine_that_skips_lines_is_found_again(run):
    live = LiveDifference(predicted_path(run))
    for block in blocks():
        if not 0.9 < block.time[0] < 1.6:
            live.add(block)
    assert live.away < 1e-6 and live.line == 3


def test_everything_is_recorded_in_larger_blocks(run):
    given = blocks()
    progress = record(Scripted(given), run, "test", Named())
    kept = list(open_recording(progress.recording).blocks())
    assert progress.finished and progress.lost == 0 and progress.samples == sum(map(len, given))
    assert len(kept) <= 4
    for name in given[0].values:
        assert (np.concatenate([b.values[name] for b in kept]) == np.concatenate([b.values[name] for b in given])).all()


def test_a_gap_is_counted_and_stays_a_gap(run):
    progress = record(Scripted(blocks(missing=(100, 110))), run, "test", Named())
    kept = list(open_recording(progress.recording).blocks())
    assert progress.lost == 20
    assert [block.first for block in kept][:2] == [0, 120]


def test_ctrl_c_keeps_what_came(run):
    given = blocks()[:50]
    controller = Outcome(finished=True)
    progress = record(Scripted(given, KeyboardInterrupt(), outcome=controller), run, "test", Named())
    assert progress.interrupted and not progress.finished
    assert sum(len(b) for b in open_recording(progress.recording).blocks()) == 500


def test_ctrl_c_is_how_watching_a_machine_ends(run):
    progress = record(Scripted(blocks()[:50], KeyboardInterrupt()), run, "test", Named())
    assert progress.interrupted and progress.finished


def test_ctrl_c_waits_for_a_block_that_is_being_written():
    shield, done = Shield(), []
    with pytest.raises(KeyboardInterrupt), shield.raised():
        with shield.whole():
            signal.raise_signal(signal.SIGINT)
            done.append("written")
        done.append("never")
    assert done == ["written"]
    with pytest.raises(KeyboardInterrupt), shield.raised():
        signal.raise_signal(signal.SIGINT)


def test_a_failing_source_keeps_what_came(run):
    with pytest.raises(InputError, match="the wire is cut; 500 samples are kept in .*recording.arrows"):
        record(Scripted(blocks()[:50], InputError("the wire is cut")), run, "test", Named())
    assert sum(len(b) for b in open_recording(run / "recording.arrows").blocks()) == 500


def test_a_full_disk_is_said_and_what_was_written_stays(run, tmp_path, fault_report):
    """The operating system refuses to let the file grow: 25 kB are allowed."""
    shutil.copytree(run, tmp_path / "before")
    code = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "from pathlib import Path\nfrom test_bench_record import Named, Scripted, blocks, record\n"
    code += "record(Scripted(blocks()), Path(sys.argv[2]), 'test', Named())\n"  # compiled kernels are kept on disk too
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (25_000, 25_000))\n"
    code += "record(Scripted(blocks(slower=20)), Path(sys.argv[1]), 'test', Named())"
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(run), str(tmp_path / "before")], capture_output=True, text=True, env=here
    )
    said = done.stderr.strip().splitlines()[-1]
    kept = sum(len(b) for b in open_recording(run / "recording.arrows").blocks())
    assert "InputError" in said and f"{kept:,} samples are kept" in said, said
    assert 0 < kept < 40_000
    gone = f"the block that did not fit and what came after: {sum(map(len, blocks(slower=20))) - kept:,} samples"
    shown = said.replace(str(run), "RUN").removeprefix("twin.errors.InputError: ")
    fault_report("the disk is full", "any", gone, f"`{shown}`; the recording is readable")


def test_a_second_recording_does_not_replace_the_first(run):
    first = record(Scripted(blocks()), run, "test", Named()).recording
    second = record(Scripted(blocks()), run, "test", Named()).recording
    assert (first.name, second.name) == ("recording.arrows", "recording_2.arrows")


def test_latency_percentiles():
    latency = Latency()
    latency.add(np.linspace(0, 0.1, 1001))
    assert latency.percentile(50) == pytest.approx(0.05, abs=2e-4)
    assert latency.percentile(99) == pytest.approx(0.099, abs=2e-4)
    assert np.isnan(Latency().percentile(50))


def test_a_run_without_servo_signals(tmp_path):
    with pytest.raises(InputError, match="model.servo_signals=true"):
        record(Scripted(blocks()), tmp_path, "test", Named())


@pytest.mark.parametrize("name", sorted(f.stem for f in (ROOT / "conf" / "bench").glob("*.yaml")))
def test_every_bench_has_its_source(name):
    kind, _ = bench_options([f"bench={name}"], None)
    assert callable(import_module(f"hardware.{kind}").bench_source)


def test_options_and_sources_by_name(tmp_path):
    kind, options = bench_options(["bench=replay"], None, file="a.csv")
    assert kind == "replay" and options == {"file": "a.csv", "channels": {}}
    with pytest.raises(InputError, match="no bench is chosen"):
        bench_options([], None)
    with pytest.raises(InputError, match="bench replay takes no url"):
        bench_options(["bench=replay"], None, url="http://x")
    with pytest.raises(InputError, match="there is no source 'telex'"):
        open_source("telex", {}, Named())
    with pytest.raises(InputError, match="there is no source 'plant'"):
        open_source("plant", {}, Named())
    with pytest.raises(InputError, match="replay plays a file"):
        open_source("replay", {"file": None}, Named())
    (tmp_path / "t.csv").write_text("time_s,x_actual_mm\n0,1\n0.1,2\n")
    with open_source("replay", {"file": str(tmp_path / "t.csv")}, Named()) as source:
        assert [c.name for c in source.channels] == ["x_actual_mm"]


def test_a_correction_of_z_is_no_deviation(run):
    """A machine that is told to stay 60 µm below its path, and does, is on it."""
    live = LiveDifference(predicted_path(run))
    for block in blocks(aside=-0.06):
        values = {**block.values, "offset_z_um": np.full(len(block), -60.0)}
        live.add(Block(block.first, block.time, values, block.quality))
    assert live.rms < 1e-3 * UM and abs(live.late) < 5e-3
