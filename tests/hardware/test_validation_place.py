"""Where in a program a recording is: second starts, lines that repeat, lines that were not seen."""

import numpy as np
import pytest
from made_run import make_run, measured, path_at

from hardware.validation.place import Visits, match, program_time, visits
from hardware.validation.predicted import predicted_run


def seen(*lines: int) -> Visits:
    return Visits(np.array(lines), np.arange(len(lines)) * 10)


def pairs(recorded: Visits, predicted: Visits) -> list[tuple[int, int, int]]:
    found = match(recorded, predicted)
    return list(
        zip((found.recorded // 10).tolist(), (found.predicted // 10).tolist(), found.line.tolist(), strict=True)
    )


def test_visits_are_runs_of_one_line():
    found = visits(np.array([0, 0, 4, 4, 5, 4, 4]))
    assert found.line.tolist() == [0, 4, 5, 4] and found.first.tolist() == [0, 2, 4, 5]


def test_lines_that_were_not_seen_are_passed_over():
    assert pairs(seen(0, 2, 5, 9), seen(1, 2, 3, 4, 5, 6, 9)) == [(1, 1, 2), (2, 4, 5), (3, 6, 9)]


def test_a_second_start_does_not_count():
    assert pairs(seen(1, 2, 3, 4, 1, 2), seen(1, 2, 3, 4)) == [(0, 0, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4)]
    assert pairs(seen(1, 2, 1, 2, 3, 4), seen(1, 2, 3, 4)) == [(2, 0, 1), (3, 1, 2), (4, 2, 3), (5, 3, 4)]


def test_a_subprogram_that_is_called_twice():
    """Lines 100 and 101 run between 1 and 2 and between 2 and 3; the recording missed line 100 the first time."""
    program = seen(1, 100, 101, 2, 100, 101, 3)
    assert pairs(program, program) == [(k, k, n) for k, n in enumerate((1, 100, 101, 2, 100, 101, 3))]
    assert pairs(seen(1, 101, 2, 100, 101, 3), program) == [
        (0, 0, 1),
        (1, 2, 101),
        (2, 3, 2),
        (3, 4, 100),
        (4, 5, 101),
        (5, 6, 3),
    ]


def test_a_program_of_nothing_but_repeats():
    program = seen(100, 101, 100, 101)
    assert pairs(program, program) == [(0, 0, 100), (1, 1, 101), (2, 2, 100), (3, 3, 101)]


@pytest.mark.parametrize("slower", [1.0, 0.8, 1.7])
def test_the_place_of_every_sample(tmp_path, slower):
    """The machine runs line 6 in ``slower`` times its time: the place follows the position, not the clock."""
    run = predicted_run(make_run(tmp_path / "run"))
    block = measured(slower=slower, begin=2.0)
    tip = np.stack([block.values[f"{a}_commanded_mm"] for a in "xyz"], axis=1).astype(np.float32)
    place, _ = program_time(block.time, block.values["line"].astype(int), tip, run)
    inside = np.isfinite(place)
    assert inside.sum() == pytest.approx((block.values["line"] > 0).sum(), abs=2)
    there, _ = path_at(place[inside])
    assert np.abs(there - tip[inside]).max() < 5e-3  # [mm]; rapids run 0.13 mm in a sample


@pytest.mark.parametrize("rows", [slice(100, None), slice(3000, None), slice(0, 3000), slice(700, 6000)])
def test_a_recording_that_begins_or_ends_within_a_line(tmp_path, rows):
    """A machine that was running already, or that was left before its end: each sample is where the machine was."""
    run = predicted_run(make_run(tmp_path / "run"))
    block = measured()
    tip = np.stack([block.values[f"{a}_commanded_mm"][rows] for a in "xyz"], axis=1).astype(np.float32)
    place, found = program_time(block.time[rows], block.values["line"][rows].astype(int), tip, run)
    assert np.abs(place - block.time[rows])[:-1].max() < 2e-3  # [s]; the machine runs as predicted
    seen = run.time[found.end[1]] - run.time[found.predicted[0]]
    assert seen == pytest.approx(np.ptp(block.time[rows]), abs=3e-3)


def test_without_positions_time_is_progress(tmp_path):
    run = predicted_run(make_run(tmp_path / "run"))
    block = measured(slower=1.5)
    place, _ = program_time(block.time, block.values["line"].astype(int), None, run)
    on_line = block.values["line"] == 6
    assert np.diff(place[on_line]) == pytest.approx(1e-3 / 1.5, rel=1e-2)


def test_a_control_that_joins_lines_names_the_next_one_too_early(tmp_path):
    """The label of the line after line 6 comes half a second before its place: the position tells."""
    run = predicted_run(make_run(tmp_path / "run"))
    block = measured(begin=2.0)
    line = block.values["line"].astype(int)
    after = int(np.flatnonzero(line == 6)[-1]) + 1
    line[after - 500 : after] = line[after]
    tip = np.stack([block.values[f"{a}_commanded_mm"] for a in "xyz"], axis=1).astype(np.float32)
    assert np.linalg.norm(tip[after - 500] - tip[after]) > 3  # [mm] between where it is named and where it begins
    place, _ = program_time(block.time, line, tip, run)
    inside = np.isfinite(place)
    there, _ = path_at(place[inside])
    assert np.abs(there - tip[inside]).max() < 5e-3  # [mm]
