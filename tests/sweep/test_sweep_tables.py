"""Tables of results: names with units, conditions, order, Pareto fronts, exports read back by other programs."""

import csv
import json

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.commands import results
from twin.errors import InputError
from twin.sweep.columns import column_name, numbers, read_table, sorted_by, table_of_runs, write_csv, write_xlsx
from twin.sweep.folder import find_sweep
from twin.sweep.pareto import goals, on_front, pareto_front
from twin.sweep.where import where

TABLE = pa.table(
    {
        "scenario": ["rib", "rib", "nist", "nist"],
        "machining_time_min": [18.0, 12.0, None, 15.0],
        "deviation_largest_um": [-30.0, 45.0, 20.0, 12.5],
        "n_teeth": [2, 3, 3, 4],
        "tools.1.stick_out_mm": [40.0, 45.0, 50.0, 55.0],
    }
)


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("deviation, 95 % within", "± µm", "deviation_95_pct_within_um"),
        ("peak cutting force, ±", "N", "peak_cutting_force_deviation_n"),
        ("peak spindle torque", "N m", "peak_spindle_torque_nm"),
        ("removed volume", "cm³", "removed_volume_cm3"),
        ("volume cut with chatter", "%", "volume_cut_with_chatter_pct"),
        ("parts before a tool is worn", "T3", "n_parts_before_a_tool_is_worn"),
    ],
)
def test_names_of_columns_end_in_the_unit(name, unit, expected):
    assert column_name(name, unit) == expected


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("deviation_largest_um<30", [0, 2, 3]),
        ("machining_time_min <= 15 and deviation_largest_um < 30", [3]),
        ("machining_time_min > 0", [0, 1, 3]),  # an empty cell is neither ...
        ("not machining_time_min > 0", []),  # ... nor
        ("n_teeth == 3 or deviation_largest_um = -3e1", [0, 1, 2]),
        ("not (n_teeth==3) and scenario != 'nist'", [0]),
        ('n_teeth==2 or n_teeth==3 and scenario=="nist"', [0, 2]),  # and binds tighter
        ("tools.1.stick_out_mm>=50", [2, 3]),
        ("14<machining_time_min", [0, 3]),
        ("deviation_largest_um > machining_time_min", [1]),
    ],
)
def test_conditions(condition, rows):
    assert where(TABLE, condition).equals(TABLE.take(np.array(rows, int)))


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("deviation_largest<30", "did you mean deviation_largest_um"),
        ("n_teeth", "a comparison is expected"),
        ("n_teeth<", "it ends where a column or a number is expected"),
        ("n_teeth<3 n_teeth>1", "'and' or 'or' is expected, not 'n_teeth'"),
        ("n_teeth<3 and", "it ends where"),
        ("(n_teeth<3", "not closed"),
        ("n_teeth<three", "there is no column 'three'"),
        ("n_teeth<'3'", "a text is compared with a number"),
        ("scenario<3", "a text is compared with a number"),
        ("1<2", "names no column"),
        ("n_teeth<3; n_teeth", "is not understood"),
        ("__import__('os').system('true')", "is not understood"),
        ("", "it ends where"),
    ],
)
def test_a_bad_condition_is_one_clear_error(condition, says):
    with pytest.raises(InputError, match="condition|there is no column") as error:
        where(TABLE, condition)
    assert says in str(error.value)


def test_sorting_keeps_equal_rows_in_order_and_empty_ones_last():
    assert sorted_by(TABLE, "machining_time_min")["n_teeth"].to_pylist() == [3, 4, 2, 3]
    assert sorted_by(TABLE, "machining_time_min", descending=True)["n_teeth"].to_pylist() == [2, 4, 3, 3]
    assert sorted_by(TABLE, "n_teeth")["scenario"].to_pylist() == ["rib", "rib", "nist", "nist"]


def dominated(values, row):
    return any(
        (other <= values[row]).all() and (other < values[row]).any() for other in values if not np.isnan(other).any()
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_front_is_that_of_all_pairwise_comparisons(n, k, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, (n, k)).astype(float)  # ties are common
    values[rng.random((n, k)) < 0.05] = np.nan
    values[rng.random((n, k)) < 0.05] = -np.inf
    expected = [not np.isnan(values[row]).any() and not dominated(values, row) for row in range(n)]
    assert on_front(values).tolist() == expected


def test_the_front_of_a_quarter_disk_is_its_arc():
    """Minimise x and y over x**2 + y**2 >= 1 in the first quadrant: exactly the points on the circle."""
    rng = np.random.default_rng(1)
    angle, radius = rng.uniform(0, np.pi / 2, 400), np.concatenate([np.ones(150), rng.uniform(1.5, 3, 250)])
    values = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    front = on_front(values)
    beaten = [dominated(values, row) for row in range(150, 400)]
    assert front[:150].all()
    assert np.mean(beaten) > 0.99  # the arc is dense enough to beat what is outside
    assert front[150:].tolist() == np.logical_not(beaten).tolist()


def test_goals_may_be_large_or_small():
    front = pareto_front(TABLE, goals(["machining_time_min", "max:n_teeth"]))
    assert front["machining_time_min"].to_pylist() == [12.0, 15.0]
    with pytest.raises(InputError, match="holds no numbers but string"):
        pareto_front(TABLE, goals(["scenario"]))
    with pytest.raises(InputError, match="name each goal once"):
        goals(["n_teeth", "max:n_teeth"])


def test_csv_and_xlsx_read_back_with_units_in_the_header(tmp_path):
    table = TABLE.append_column("tools", [[[1, 2], None, [], [3]]])
    write_csv(table, tmp_path / "t.csv")
    write_xlsx(table, tmp_path / "t.xlsx")
    lines = list(csv.reader((tmp_path / "t.csv").open()))
    assert lines[0] == table.column_names
    assert [line[2] for line in lines[1:]] == ["-30", "45", "20", "12.5"]
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["results"]
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == table.column_names
    assert [row[1] for row in rows[1:]] == [18.0, 12.0, None, 15.0]
    assert [row[3] for row in rows[1:]] == [2, 3, 3, 4]
    assert rows[1][5] == "[1, 2]"
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:F5"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["t.csv", "t.xlsx"]


def test_an_unwritable_table_is_one_clear_error(tmp_path):
    for write in (write_csv, write_xlsx):
        with pytest.raises(InputError, match="cannot be written"):
            write(TABLE, tmp_path / "gone" / "table")


def test_runs_become_rows(tmp_path):
    records = [
        {"scenario": "a", "summary": {"machining time": [18.0, "min"]}},
        {"scenario": "b", "summary": {"machining time": [12.0, "min"], "flank wear, largest": [80.0, "µm"]}},
    ]
    table = table_of_runs([(tmp_path / str(i), record) for i, record in enumerate(records)], tmp_path)
    assert table.column_names == ["run", "scenario", "machining_time_min", "flank_wear_largest_um"]
    assert np.isnan(numbers(table, "flank_wear_largest_um")[0])


def test_the_command_filters_sorts_and_exports_a_sweep(tmp_path, capsys):
    pq.write_table(TABLE, tmp_path / "sweep.parquet")
    csv_file, picture = tmp_path / "best.csv", tmp_path / "front.png"
    words = [str(tmp_path), "--where", "n_teeth>2", "--pareto", "deviation_largest_um", "max:tools.1.stick_out_mm"]
    results.main([*words, "--sort", "n_teeth", "--csv", str(csv_file), "--picture", str(picture)])
    assert [row["n_teeth"] for row in csv.DictReader(csv_file.open())] == ["4"]
    assert "55" in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_wide_table_shows_what_fits_and_names_the_rest(tmp_path, capsys, monkeypatch):
    """Columns are never folded to slivers: of 100 features none stands there unasked, a pattern shows them."""
    monkeypatch.setattr("twin.view.result_table.PIPED_WIDTH", 80)
    features = {f"feature.rib_{n}.thickness_um": [10.0 + n, 20.0 + n] for n in range(100)}
    results_of = {f"result_{n}_um": [12345.0 + n, 0.5] for n in range(8)}
    pq.write_table(
        pa.table({"row": [0, 1], "key": ["a" * 64, "b" * 64], **results_of, **features}), tmp_path / "t.parquet"
    )
    results.main([str(tmp_path / "t.parquet"), "--sort", "result_7_um"])
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert all(len(line) <= 80 for line in lines if line.startswith(("┃", "│")))
    last_heading = next(line for line in lines if "row" in line)
    assert last_heading.index("row") < last_heading.index("7_um") < last_heading.index("0_um")
    assert "12,352" in said and "aaaa" not in said
    assert "result_6_um, key, 100 of features (feature.rib_0.thickness_um ...)" in " ".join(said.split())
    results.main([str(tmp_path / "t.parquet"), "--columns", "row", "feature.rib_9?.*"])
    shown = capsys.readouterr().out.splitlines()
    assert shown[-3].replace("│", " ").split() == ["0", *map(str, range(100, 110))]
    with pytest.raises(
        InputError, match=r"no column 'keys' \(did you mean key\? known: row, key, .* and 100 of features"
    ):
        results.main([str(tmp_path / "t.parquet"), "--columns", "keys"])


def test_the_command_reads_run_folders(tmp_path, capsys):
    for name, minutes in (("one", 18.0), ("two", 12.0)):
        (tmp_path / name).mkdir()
        record = {"scenario": "rib", "summary": {"machining time": [minutes, "min"]}}
        (tmp_path / name / "run.json").write_text(json.dumps(record))
    results.main([str(tmp_path), "--sort", "machining_time_min"])
    out = capsys.readouterr().out
    assert out.index("two") < out.index("one") and "time_min" in out
    with pytest.raises(InputError, match="no such folder"):
        read_table(tmp_path / "gone")


def test_a_sweep_that_is_not_there_names_the_nearest(tmp_path):
    (tmp_path / "sweeps" / "slot_feeds-12ab34cd").mkdir(parents=True)
    pq.write_table(TABLE, tmp_path / "sweeps" / "slot_feeds-12ab34cd" / "sweep.parquet")
    with pytest.raises(InputError, match="no sweep 'slot_feed' .did you mean slot_feeds?"):
        find_sweep("slot_feed", tmp_path)
    assert find_sweep("slot_feeds", tmp_path).name == "slot_feeds-12ab34cd"
