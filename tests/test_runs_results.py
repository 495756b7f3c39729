"""Run folders are whole or absent; results open without the code that wrote them."""

import io
import os
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr
from rich.console import Console

from twin.errors import InputError
from twin.formats.signals import write_signals
from twin.result import Result, dataset, load
from twin.runs import find_run, list_runs, new_run, write_record
from twin.view.tables import print_measured


def small_result() -> Result:
    segments = dataset(
        "segment",
        {
            "removed_mm3": (np.array([0.0, 2.0]), "mm³", ""),
            "length_mm": (np.array([1.0, 3.0]), "mm", ""),
            "force_peak_n": (np.array([np.nan, 12.5]), "N", ""),
            "power_w": (np.array([np.nan, 80.0]), "W", ""),
            "torque_peak_nm": (np.array([np.nan, 0.4]), "N m", ""),
            "force_peak_deviation_n": (np.array([0.0, 2.5]), "N", ""),
            "power_deviation_w": (np.array([0.0, 20.0]), "W", ""),
            "chatter_margin": (np.array([np.inf, 0.8]), "1", ""),
            "wear_um": (np.array([np.nan, np.nan]), "µm", ""),
        },
    )
    surface = dataset(
        "sample",
        {"deviation_um": (np.array([3.0, -7.0, 99.0]), "µm", ""), "machined": (np.array([True, True, False]), "1", "")},
    )
    tree = xr.DataTree.from_dict({"segments": segments, "surface": surface})
    tree.attrs.update(duration_s=90.0, title="small")
    return Result(tree)


def test_result_survives_the_disk_and_opens_in_plain_xarray(tmp_path):
    small_result().save(tmp_path)
    plain = xr.open_dataset(tmp_path / "result.nc", group="surface", engine="h5netcdf")
    assert plain["deviation_um"].attrs["units"] == "µm"
    np.testing.assert_array_equal(plain["deviation_um"], [3.0, -7.0, 99.0])
    assert load(tmp_path).summary() == small_result().summary()


def test_summary_leaves_out_uncut_segments_and_unmachined_samples():
    summary = small_result().summary()
    assert summary["machining time"] == (1.5, "min")
    assert summary["peak cutting force"] == (12.5, "N")
    assert summary["peak cutting force, ±"] == (2.5, "N")
    assert summary["volume cut with chatter"] == (100.0, "%")
    assert "flank wear, largest" not in summary  # no law was known
    assert summary["deviation, largest"] == (-7.0, "µm")
    assert summary["deviation, mean"] == (-2.0, "µm")


def test_what_laboratories_measured_is_printed_with_what_was_missed():
    """Diameters of plate 10, long tools: predicted 3.9896, measured 4.1630 and 4.1507 mm; the second by one only."""
    features = dataset(
        "feature",
        {
            "name": (np.array(["hole", "slot", "floor"]), "1", ""),
            "characteristic": (np.array(["diameter", "diameter", "height"]), "1", ""),
            "nominal_mm": (np.array([4.0, 4.0, 5.0]), "mm", ""),
            "predicted_mm": (np.array([3.9896, 3.9967, 5.01]), "mm", ""),
            "measured_mm": (np.array([[4.163, 4.1507], [np.nan, 3.9722], [np.nan, np.nan]]), "mm", "", ("laboratory",)),
        },
        laboratory=["nikon", "mitutoyo"],
    )
    console = Console(width=160, file=io.StringIO())
    print_measured(Result(xr.DataTree.from_dict({"features": features})), console)
    rows = [line.replace("│", " ").split() for line in console.file.getvalue().splitlines() if line.startswith("│")]
    assert rows == [
        ["hole", "diameter", "4.000", "3.9896", "4.1630", "4.1507", "-173.4", "-161.1"],
        ["slot", "diameter", "4.000", "3.9967", "3.9722", "+24.5"],
    ]


def test_a_run_is_whole_or_absent(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_run(tmp_path, "part") as (partial, _):
        (partial / "half").write_text("x")
        raise KeyboardInterrupt
    assert not [f for f in tmp_path.rglob("*") if f.is_file()]
    assert list_runs(tmp_path) == []

    with new_run(tmp_path, "part") as (partial, final):
        write_record(partial, {"scenario": "part", "summary": {}})
    assert final.is_dir() and not partial.exists()
    assert [folder for folder, _ in list_runs(tmp_path)] == [final]
    assert find_run("latest", tmp_path) == final
    assert find_run(str(final.relative_to(tmp_path)), tmp_path) == final


def test_runs_that_are_under_way_together_have_folders_of_their_own(tmp_path):
    with new_run(tmp_path, "part") as (one, first), new_run(tmp_path, "part") as (other, second):
        assert one != other and first != second
        for partial in (one, other):
            write_record(partial, {})
    assert {folder for folder, _ in list_runs(tmp_path)} == {first, second}


def test_two_runs_in_one_second_get_two_folders(tmp_path):
    finals = []
    for _ in range(3):
        with new_run(tmp_path, "part") as (partial, final):
            write_record(partial, {})
        finals.append(final)
    assert len({*finals}) == 3


def test_unwritable_folder_is_one_clear_error(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(InputError, match="cannot write results"), new_run(blocker, "part"):
        pass


def test_missing_run_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="no finished run 'gone'"):
        find_run("gone", tmp_path)
    with pytest.raises(InputError, match="no run yet"):
        find_run("latest", tmp_path)
    with pytest.raises(InputError, match="no finished run here"):
        load(tmp_path)


def test_signals_stream_to_parquet_with_rate_and_row_groups(tmp_path):
    file = tmp_path / "signals.parquet"
    blocks = ({"time_s": np.arange(i, i + 4000) * 1e-3, "x_mm": np.full(4000, float(i))} for i in (0, 4000, 8000))
    assert write_signals(file, blocks, 1e-3) == 12000
    table = pq.read_table(file)
    np.testing.assert_allclose(table["time_s"], np.arange(12000) * 1e-3)
    assert float(table.schema.metadata[b"rate_hz"]) == 1000.0
    assert pq.ParquetFile(file).metadata.row_group(0).num_rows <= 5000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["fly"], "there is no command 'fly'"),
        (["run", "scenario=nist_plat"], "did you mean nist_plate"),
        (["run", "tools.1.stickout_mm=3"], "tools.1.stickout_mm"),
        (["run", "machine"], "machine"),
        (["run", "--scenario=nist_plate"], "overrides have no dashes: scenario=nist_plate"),
        (["view", "nowhere"], "no finished run 'nowhere'"),
    ],
)
def test_command_line_errors_are_one_line_and_exit_2(words, says, tmp_path):
    child = subprocess.run(
        [sys.executable, "-m", "twin", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ,
        timeout=120,
    )
    assert child.returncode == 2
    assert says in child.stderr
    assert "Traceback" not in child.stderr
