"""Recordings: what was acknowledged is there after a kill; foreign readers understand them; bad blocks are refused."""

import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hardware.channel import Block, Channel, Clock, Quality
from hardware.recording import Header, Recorder, open_recording
from twin.errors import InputError

CHANNELS = (
    Channel(name="x_actual_mm", unit="mm", sensor="linear scale", serial_number="LC-1", uncertainty=1e-3),
    Channel(name="spindle_power_w", unit="W"),
)
CLOCK = Clock(name="controller", origin="start", period_s=1e-3)
HEADER = Header(source="a test", started="2026-01-01T00:00:00Z", program_hash="ab", tool_ids={"1": "T-77"})


def block(first: int, n: int = 100) -> Block:
    """Samples whose values are known from their number."""
    k = np.arange(first, first + n, dtype=float)
    quality = np.where(k % 10 == 0, Quality.UNCERTAIN, Quality.GOOD).astype(np.uint8)
    return Block(first, k * 1e-3, {"x_actual_mm": k, "spindle_power_w": k**2}, quality)


def record(file: Path, *blocks: Block) -> None:
    with Recorder(file, CHANNELS, CLOCK, HEADER) as recorder:
        for part in blocks:
            recorder.append(part)


def test_what_went_in_comes_out(tmp_path):
    record(tmp_path / "a.arrows", block(0), block(100), block(250))
    found = open_recording(tmp_path / "a.arrows")
    assert (found.channels, found.clock, found.header) == (CHANNELS, CLOCK, HEADER)
    parts = list(found.blocks())
    assert [part.first for part in parts] == [0, 100, 250]
    for part in parts:
        expected = block(part.first)
        np.testing.assert_array_equal(part.time, expected.time)
        np.testing.assert_array_equal(part.quality, expected.quality)
        for name in expected.values:
            np.testing.assert_array_equal(part.values[name], expected.values[name])


def test_any_arrow_reader_reads_it(tmp_path):
    record(tmp_path / "a.arrows", block(0), block(100))
    table = pa.ipc.open_stream((tmp_path / "a.arrows").read_bytes()).read_all()
    assert table.column_names == ["time_s", "sample", "quality", "x_actual_mm", "spindle_power_w"]
    assert table.schema.field("x_actual_mm").metadata[b"unit"] == b"mm"
    assert table.num_rows == 200


CHILD = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from test_recording import CHANNELS, CLOCK, HEADER, block
from hardware.recording import Recorder
recorder = Recorder(Path({file!r}), CHANNELS, CLOCK, HEADER)
for number in range(100000):
    recorder.append(block(100 * number))
    print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path, fault_report):
    file = tmp_path / "a.arrows"
    code = CHILD.format(path=[str(Path(__file__).parent), os.getcwd()], file=str(file))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        acknowledged = [int(child.stdout.readline()) for _ in range(200)][-1]
        child.send_signal(signal.SIGKILL)
    firsts = [part.first for part in open_recording(file).blocks()]
    assert len(firsts) > acknowledged
    assert firsts == [100 * number for number in range(len(firsts))]
    fault_report(
        "the recording process is killed",
        "any",
        f"none of the {acknowledged + 1} blocks that it said were written",
        f"the recording is readable: {len(firsts)} whole blocks",
    )


@pytest.mark.parametrize("cut", [1, 100, 900])
def test_a_file_that_breaks_off_is_read_to_its_last_whole_block(tmp_path, cut):
    file = tmp_path / "a.arrows"
    recorder = Recorder(file, CHANNELS, CLOCK, HEADER)
    recorder.append(block(0))
    whole = file.stat().st_size
    recorder.append(block(100))
    size = file.stat().st_size
    assert whole < size - cut
    os.truncate(file, size - cut)
    assert [part.first for part in open_recording(file).blocks()] == [0]


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path):
    file = tmp_path / "a.arrows"
    recorder = Recorder(file, CHANNELS, CLOCK, HEADER)
    recorder.append(block(0))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 500, most))
        with pytest.raises(InputError, match="block 100 was not recorded: File too large"):
            recorder.append(block(100, 5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        signal.signal(signal.SIGXFSZ, before)
    assert [part.first for part in open_recording(file).blocks()] == [0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda b: replace(b, values={"x_actual_mm": b.time}), "block 0 lacks channel 'spindle_power_w'"),
        (lambda b: replace(b, values={**b.values, "y_mm": b.time}), "'y_mm' that the source does not declare"),
        (lambda b: replace(b, time=b.time[1:]), "100 samples of 'x_actual_mm' for 99 times"),
        (lambda b: replace(b, time=b.time + np.nan), "time that is not a number"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(tmp_path, wrong, says):
    with (
        Recorder(tmp_path / "a.arrows", CHANNELS, CLOCK, HEADER) as recorder,
        pytest.raises(InputError, match=says),
    ):
        recorder.append(wrong(block(0)))


def test_files_that_are_no_recordings(tmp_path):
    with pytest.raises(InputError, match="no such recording"):
        open_recording(tmp_path / "none.arrows")
    (tmp_path / "text.arrows").write_text("X10 Y10")
    with pytest.raises(InputError, match="no recording"):
        open_recording(tmp_path / "text.arrows")
    with pa.OSFile(str(tmp_path / "other.arrows"), "wb") as sink:
        pa.ipc.new_stream(sink, pa.schema([pa.field("a", pa.int8())])).close()
    with pytest.raises(InputError, match="no recording of the twin"):
        open_recording(tmp_path / "other.arrows")
    record(tmp_path / "a.arrows", block(0))
    with pytest.raises(InputError, match="cannot begin a recording: File exists"):
        Recorder(tmp_path / "a.arrows", CHANNELS, CLOCK, HEADER)
