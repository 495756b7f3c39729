"""Files played as sources: every sample, its time and its quality; errors name the line."""

import numpy as np
import pytest
from test_recording import CHANNELS, block, record

from hardware.channel import Channel, Quality
from hardware.replay import CsvSource, RecordingSource, ShdrChannel, ShdrSource
from twin.errors import InputError


def test_a_recording_plays_what_it_holds(tmp_path):
    record(tmp_path / "a.arrows", block(0), block(100))
    with RecordingSource(tmp_path / "a.arrows") as source:
        assert source.channels == CHANNELS
        assert [len(part) for part in source.blocks()] == [100, 100]


def test_a_table_plays_its_rows(tmp_path):
    file = tmp_path / "a.csv"
    rows = [f"{k * 0.5},{k},{'' if k == 3 else k * k}" for k in range(2500)]
    file.write_text("time_s,x_mm,force_n\n" + "\n".join(rows) + "\n")
    with CsvSource(file) as source:
        assert [(c.name, c.unit) for c in source.channels] == [("x_mm", "mm"), ("force_n", "N")]
        parts = list(source.blocks())
    assert [part.first for part in parts] == [0, 1000, 2000]
    assert sum(len(part) for part in parts) == 2500
    assert parts[2].values["force_n"][-1] == 2499**2 and parts[2].time[-1] == 1249.5
    bad = np.flatnonzero(parts[0].quality == Quality.BAD)
    assert list(bad) == [3] and np.isnan(parts[0].values["force_n"][3])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x_mm\n1\n", "a.csv:1: the table has no column time_s"),
        ("time_s,x_mm,x_mm\n0,1,1\n", "a.csv:1: a column name stands twice"),
        ("time_s,x_mm\n0,1\n1,one\n", "a.csv:3: a cell is no number"),
        ("time_s,x_mm\n0,1\n1\n", "a.csv:3: 1 cells for 2 columns"),
        ("time_s,x_mm\n0,1\n1,1\n1,1\n", "a.csv:4: time 1 s does not rise"),
    ],
)
def test_bad_tables_name_their_line(tmp_path, text, says):
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        list(CsvSource(file).blocks())
    assert says in str(caught.value)


def test_a_log_holds_values_over(tmp_path):
    file = tmp_path / "a.shdr"
    file.write_text(
        "2026-01-01T00:00:00.0Z|Stemp|40\n"
        "2026-01-01T00:00:01.0Z|Srpm|1000\n"
        "2026-01-01T00:00:02.0Z|Stemp|0\n"
        "2026-01-01T00:00:03.0Z|Stemp|41\n"
    )
    warm = ShdrChannel("Stemp", Channel(name="spindle_degc", unit="°C"), ignored=(0.0,))
    fast = ShdrChannel("Srpm", Channel(name="spindle_rpm", unit="rpm"))
    (part,) = ShdrSource(file, [warm, fast]).blocks()
    np.testing.assert_allclose(part.time, [0, 1, 3])  # the zero is no reading
    np.testing.assert_array_equal(part.values["spindle_degc"], [40, 40, 41])
    np.testing.assert_array_equal(part.values["spindle_rpm"], [np.nan, 1000, 1000])
    assert list(part.quality) == [Quality.BAD, Quality.GOOD, Quality.GOOD]


def test_a_real_log_plays(data_dir):
    """Plate 1 of NIST, one day of Mazak's spindle: lines up to the program's end, no spurious zero."""
    line = ShdrChannel("Block_Number", Channel(name="line", unit="1"))
    program = (data_dir / "nist_plates" / "plate_01.nc").read_text().splitlines()
    parts = list(ShdrSource(data_dir / "nist_plates" / "plate_01.shdr.gz", [line]).blocks())
    lines = np.concatenate([part.values["line"] for part in parts])
    assert 0.95 * len(program) < lines.max() <= len(program)
    assert all(np.all(np.diff(part.time) > 0) for part in parts)
    (file,) = list((data_dir / "nist_mazak_spindle").glob("*2016*"))[:1]
    warm = ShdrChannel("Stemp", Channel(name="spindle_degc", unit="°C"), ignored=(0.0,))
    read = np.concatenate([part.values["spindle_degc"] for part in ShdrSource(file, [warm]).blocks()])
    assert 42 <= read.min() and read.max() <= 60
