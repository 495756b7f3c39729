"""Designs: their points, their balance, and what they refuse."""

import numpy as np
import pytest
from scipy.stats import sobol_indices, uniform

from twin.errors import InputError
from twin.sweep.designs import BLOCK, rows_of

RANGES = {"process.feed_pct": [50, 150], "environment.ambient_mean_degc": [18, 26], "tools.1.stick_out_mm": [30, 40]}


def unit(rows):
    """Points in the unit cube, (row, parameter)."""
    return np.array([[(row[k] - lo) / (hi - lo) for k, (lo, hi) in RANGES.items()] for row in rows])


def test_a_grid_is_every_combination_and_a_zip_pairs():
    parameters = {"process.feed_pct": [80, 100, 120], "machine": ["hurco", "vmc_3axis"]}
    grid = rows_of({"kind": "grid", "parameters": parameters})
    assert len(grid) == 6 and {(r["process.feed_pct"], r["machine"]) for r in grid} == {
        (feed, name) for feed in (80, 100, 120) for name in ("hurco", "vmc_3axis")
    }
    spread = {"kind": "zip", "parameters": {"a_mm": {"low": 1, "high": 2, "n_values": 3}, "b_mm": [7, 8, 9]}}
    assert rows_of(spread) == [{"a_mm": 1.0, "b_mm": 7}, {"a_mm": 1.5, "b_mm": 8}, {"a_mm": 2.0, "b_mm": 9}]


def test_latin_hypercube_has_one_point_a_stratum_of_every_parameter():
    points = unit(rows_of({"kind": "latin_hypercube", "n_rows": 40, "seed": 3, "parameters": RANGES}))
    assert (np.sort((points * 40).astype(int), axis=0) == np.arange(40)[:, None]).all()


def test_sobol_points_are_balanced_in_every_elementary_box():
    """A digital net in base 2: of 64 points every box of 8 by 8 in the first two parameters holds one."""
    points = unit(rows_of({"kind": "sobol", "n_rows": 64, "seed": 1, "parameters": RANGES}))
    boxes = (points[:, 0] * 8).astype(int) * 8 + (points[:, 1] * 8).astype(int)
    assert len(set(boxes)) == 64
    assert (np.bincount((points[:, 2] * 64).astype(int), minlength=64) == 1).all()


def test_a_saltelli_design_gives_the_indices_that_scipy_finds():
    """Of the Ishigami function, whose first-order indices are known in closed form: 0.3139, 0.4424, 0."""
    ranges = {f"x{i}_rad": [-np.pi, np.pi] for i in range(3)}
    rows = rows_of({"kind": "saltelli", "n_rows": 4096, "seed": 7, "parameters": ranges})

    def ishigami(x):
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    y = {}
    for row in rows:
        y.setdefault(row[BLOCK], []).append(ishigami([row[k] for k in ranges]))
    a, b = np.array(y["A"]), np.array(y["B"])
    mixed = [np.array(y[f"AB_{i}"]) for i in range(3)]
    first = [np.mean(b * (m - a)) / np.var(np.concatenate([a, b])) for m in mixed]
    np.testing.assert_allclose(first, [0.3139, 0.4424, 0.0], atol=0.03)
    scipy_s = sobol_indices(func=lambda x: ishigami(x)[None], n=1024, dists=[uniform(-np.pi, 2 * np.pi)] * 3, rng=1)
    np.testing.assert_allclose(first, scipy_s.first_order.ravel(), atol=0.06)


def test_a_list_reads_a_table_and_a_union_leaves_out_what_was_there(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("process.feed_pct,machine\n80,hurco\n\n100,\n")
    table = {"kind": "list", "file": str(file)}
    assert rows_of(table) == [{"process.feed_pct": 80, "machine": "hurco"}, {"process.feed_pct": 100}]
    grid = {"kind": "grid", "parameters": {"process.feed_pct": [100, 120]}}
    joined = rows_of({"kind": "union", "designs": [table, grid]})
    assert [row["process.feed_pct"] for row in joined] == [80, 100, 120]


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ({"kind": "random"}, "one of grid"),
        ({"kind": "grid"}, "lacks parameters"),
        ({"kind": "sobol", "n_rows": 8, "parameters": {"a_mm": [2, 1]}}, "not a range"),
        ({"kind": "sobol", "n_rows": -8, "parameters": {"a_mm": [1, 2]}}, "n_rows is -8"),
        ({"kind": "saltelli", "n_rows": 6, "parameters": {"a_mm": [1, 2]}}, "power of two"),
        ({"kind": "zip", "parameters": {"a_mm": [1], "b_mm": [1, 2]}}, "unlike length"),
        ({"kind": "list", "file": "nowhere.csv"}, "no such file"),
        ({"kind": "union", "designs": [{"kind": "grid", "parameters": {}}]}, r"designs\[0\].parameters is empty"),
        ({"kind": "grid", "parameters": {"a_mm": 3}}, "list of values"),
    ],
)
def test_bad_designs_are_refused(design, words):
    with pytest.raises(InputError, match=words):
        rows_of(design)
