"""Run folders of the best rows of a sweep, and what the table says of rows that are not to be trusted."""

import pytest
from small_sweep import COARSE, make_sweep_desk

from twin.errors import InputError
from twin.sweep import load_sweep, read_table
from twin.sweep.chunks import _judged
from twin.sweep.folder import Outcome, merge, open_folder, write_part
from twin.sweep.keep import keep_best

DESIGN = "design: {kind: grid, parameters: {process.feed_pct: [80, 100, 120, 140]}}\n"
MINUTES = (9.0, 7.0, 8.0, None)  # the last one failed


@pytest.fixture
def outputs(tmp_path):
    return tmp_path / "outputs"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return make_sweep_desk(tmp_path_factory.mktemp("sweeps"), small=DESIGN)


def computed(desk, outputs, *more):
    """A sweep whose rows have come out, without anything being machined."""
    sweep = load_sweep(["sweep=small", *COARSE, *more], desk / "conf")
    folder = open_folder(sweep, outputs)
    rows = [Outcome(i, "done", "", "batch", "", {"time_min": t}) for i, t in enumerate(MINUTES) if t]
    write_part(sweep, folder, 0, [*rows, Outcome(3, "failed", "no such feed")], ["time_min"])
    merge(sweep, folder)
    return sweep, folder


def test_the_best_rows_get_run_folders_once(desk, outputs, monkeypatch):
    made = []

    def whole_run(scenario, words, into, watch):
        if scenario.process.feed == 1.2:
            raise InputError("the cut cannot be")
        made.append((scenario.process.feed, words[-1]))
        (into / "run.json").write_text("{}")

    monkeypatch.setattr("twin.sweep.keep.write_run", whole_run)
    plain, _ = computed(desk, outputs)
    sweep, folder = computed(desk, outputs, "sweep.n_keep=2", "sweep.keep_by=time_min")
    assert sweep.folder_name == plain.folder_name and keep_best(plain, folder, print) == 0
    said = []
    assert keep_best(sweep, folder, said.append) == 1
    assert made == [(1.0, "process.feed_pct=100")] and "the cut cannot be" in said[-1]
    merge(sweep, folder)
    assert read_table(folder)["run_folder"].to_pylist() == ["", "runs/000001", "", ""]
    assert sorted(place.name for place in (folder / "runs").iterdir()) == ["000001"]  # nothing half made
    assert keep_best(sweep, folder, print) == 0 and len(made) == 1
    unknown, _ = computed(desk, outputs, "sweep.n_keep=1", "sweep.keep_by=time_h")
    with pytest.raises(InputError, match="did you mean time_min"):
        keep_best(unknown, folder, print)


def test_a_row_whose_cuts_cross_the_limit_of_chatter_has_a_warning():
    doubtful = _judged(3, {"time_min": 7.0, "walls_in_doubt_pct": 2.5}, "batch")
    assert doubtful.status == "done" and "2.5 % of the surface" in doubtful.warning
    assert _judged(3, {"time_min": 7.0, "walls_in_doubt_pct": 0.0}, "batch").warning == ""
