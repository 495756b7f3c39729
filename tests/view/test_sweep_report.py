"""The report of a sweep: best, worst, trade-offs, effects and failures of a table whose answers are known."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from twin.sweep.columns import read_table
from twin.view.report_job import report
from twin.view.sweep_plots import effects

FEED = np.array([50, 75, 100, 125, 150, 175.0])
TIME, DEVIATION = 1000 / FEED, 5 + FEED / 10  # every row is on the front; row 6 failed
ROLES = {
    "feed_pct": "parameter",
    "material": "parameter",
    "machining_time_min": "result",
    "deviation_95pct_um": "result",
}


def made(folder, failed=1):
    """A sweep folder of our own: six rows that are done, and ``failed`` ones."""
    known = len(FEED)
    columns = {
        "row": list(range(known + failed)),
        "status": ["done"] * known + ["failed"] * failed,
        "error": [""] * known + ["no such <tool>"] * failed,
        "feed_pct": [*FEED, *[999.0] * failed],
        "material": ["a", "b"] * (known // 2) + ["c"] * failed,
        "machining_time_min": [*TIME, *[None] * failed],
        "deviation_95pct_um": [*DEVIATION, *[None] * failed],
    }
    arrays = {name: pa.array(values) for name, values in columns.items()}
    schema = pa.schema(
        [pa.field(n, a.type, metadata={b"role": ROLES.get(n, "record").encode()}) for n, a in arrays.items()]
    )
    folder.mkdir(parents=True)
    pq.write_table(pa.table(arrays, schema=schema), folder / "sweep.parquet")
    (folder / "sweep.yaml").write_text(yaml.safe_dump({"overrides": ["scenario=plate"], "version": "9.9.9"}))
    return folder


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    outputs = tmp_path_factory.mktemp("outputs")
    made(outputs / "sweeps" / "feeds")
    return report("feeds", outputs).read_text()


def rows(text, heading):
    """Cells of the rows of the table below a heading."""
    body = text.split(f"<h2>{heading}</h2>", 1)[1].split("</table>", 1)[0].split("<tbody>", 1)[1]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in body.split("</tr>")[:-1]]


def test_best_and_worst_are_those_of_the_table(text):
    found = {(row[0], row[1]): row[2:] for row in rows(text, "The best and the worst")}
    assert found["machining_time_min", "best"] == ["5", "5.714", "22.5", "175", "b"]
    assert found["machining_time_min", "worst"] == ["0", "20", "10", "50", "a"]
    assert found["deviation_95pct_um", "best"][0] == "0" and found["deviation_95pct_um", "worst"][0] == "5"


def test_a_trade_off_is_on_the_front(text):
    assert "6 of 6 scenarios are on the Pareto front" in text
    assert [row[0] for row in rows(text, "Trade-offs")] == ["5", "4", "3", "2", "1", "0"]


def test_effects_are_rank_correlations(text, tmp_path):
    shown = {row[0]: row[1:] for row in rows(text, "What each parameter does")}
    assert shown["feed_pct"] == ["-1.00", "+1.00"] and shown["material"] == ["", ""]
    table = read_table(made(tmp_path / "s", failed=0))
    np.testing.assert_allclose(effects(table, ["feed_pct"], ["machining_time_min"]), -1.0)


def test_goals_are_time_cost_error_and_tool_life_and_warnings_are_findings(tmp_path):
    folder = made(tmp_path / "s", failed=0)
    table = read_table(folder)
    for name, values in (("cost_part_eur", TIME), ("n_parts_per_tool", FEED), ("force_peak_n", FEED)):
        table = table.append_column(pa.field(name, pa.float64(), metadata={b"role": b"result"}), pa.array(values))
    table = table.append_column("warning", pa.array(["", "walls: 0.5 % in doubt", "walls: 12 % in doubt", "", "", ""]))
    pq.write_table(table, folder / "sweep.parquet")
    page = report(str(folder), tmp_path).read_text()
    assert "of machining_time_min, cost_part_eur, deviation_95pct_um, n_parts_per_tool (large): none" in page
    life = {row[1]: row[2] for row in rows(page, "The best and the worst") if row[0] == "n_parts_per_tool"}
    assert life == {"best": "5", "worst": "0"}
    assert "2 rows: walls: 0.5 % in doubt (row 1)" in page


def test_what_failed_is_named_once_and_left_out(text):
    assert "7 scenarios, 6 with results, 1 without" in text
    assert "1 × no such &lt;tool&gt; (row 6)" in text
    assert not any("999" in cell for row in rows(text, "The best and the worst") for cell in row)


def test_it_is_whole_in_itself(text):
    assert "changed by the user" in text and "9.9.9" in text
    assert text.count("data:image/png") == 2 and not re.search(r"https?://|<script", text)


def test_a_sweep_of_which_nothing_came_out_says_so(tmp_path):
    folder = made(tmp_path / "nothing")
    table = read_table(folder)
    pq.write_table(table.slice(6, 1), folder / "sweep.parquet")
    page = report(str(folder), tmp_path).read_text()
    assert "there is nothing to compare" in page and "no such &lt;tool&gt;" in page
