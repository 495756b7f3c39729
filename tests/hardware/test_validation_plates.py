"""Real metal: the log of a plate that nothing was fitted to, and a day of a spindle."""

import sys
from pathlib import Path

import numpy as np
import pytest
from plate_run import timed_run

from hardware.validation import report, validate
from hardware.validation.spindle_day import read_config, validate_spindle_day
from hardware.validation.spindle_report import spindle_report
from twin.errors import InputError

sys.path.append(str(Path(__file__).parents[1] / "validation"))

import mazak_spindle
from nist_runs import plate_log, plate_program, plate_windows, scores

UNSEEN = 11


@pytest.fixture(scope="module")
def plate(data_dir, tmp_path_factory, jax_as_users_have_it):
    run = timed_run(tmp_path_factory.mktemp("plate") / "run", UNSEEN)
    log = data_dir / "nist_plates" / f"plate_{UNSEEN}.shdr.gz"
    return validate(log, run, channel_map=Path("hurco_shdr"), limits="nist_plate")


@pytest.mark.data
def test_windows_are_those_of_the_log(plate, data_dir):
    """The same windows as the study that identified the controller, cut from the log by its own code."""
    windows = plate_windows(plate_program(data_dir, UNSEEN), plate_log(data_dir, UNSEEN))
    np.testing.assert_allclose(plate.windows.measured, windows.duration)


@pytest.mark.data
def test_an_unseen_plate_is_predicted(plate):
    """Among themselves, windows of the same text differ by 0.07 to 0.11 s from plate to plate (repeats of T5)."""
    r2, rmse, total = scores(plate.windows.predicted, plate.windows.measured)
    assert r2 > 0.99 and rmse < 2 * 0.11 and abs(total) < 0.01
    assert abs(plate.duration_error) < 0.05 and plate.spans.totals[2] > 2000  # of 58 min the operator was away 40
    assert sum(o.measured for o in plate.operations) == pytest.approx(plate.spans.totals[1])
    cutting = plate.spans.kind == "cutting only"
    assert plate.spans.predicted[cutting].sum() == pytest.approx(plate.spans.measured[cutting].sum(), rel=0.01)
    assert plate.cut.metal and plate.passed
    assert any(note.startswith("unseen") for note in plate.notes)


@pytest.mark.data
def test_the_log_is_followed_to_the_end_of_the_program_and_not_into_the_next_start(plate):
    """The program's runtime counter says 3,480 s with stops; the log goes on for days."""
    assert plate.seen == pytest.approx(1, abs=0.01)
    assert plate.spans.measured.sum() < 3600
    assert any("of a second start" in note for note in plate.notes)


@pytest.mark.data
def test_the_report_of_a_log(plate, tmp_path):
    page = report(plate, tmp_path, picture=False).read_text()
    assert "real metal, as nist_plate.yaml states" in page and "cutting only" in page and "no metal was cut" not in page


@pytest.mark.data
def test_a_day_of_a_spindle(data_dir, tmp_path, jax_as_users_have_it):
    """The numbers of the study of these days, which reads and predicts by its own code."""
    *others, day = [data_dir / "nist_mazak_spindle" / name for name in mazak_spindle.FILES]
    found = validate_spindle_day(day, others, read_config())
    days = [mazak_spindle.read_day(name) for name in mazak_spindle.FILES]
    model = mazak_spindle.fitted(days[:2], mazak_spindle.TIMES["first order"], 1.0)
    for mode, values in mazak_spindle.predicted(model, days[2], 1.0).items():
        error = np.sqrt(np.mean((values - days[2].reading) ** 2))
        assert found.fidelity[mode.removesuffix(" every 60 min")].rmse == pytest.approx(error, rel=0.02)
    assert found.day.spurious == pytest.approx(days[2].zeros, abs=0.01)
    assert "a real machine" in spindle_report(found, tmp_path).read_text()
    with pytest.raises(InputError, match="the day is among those"):
        validate_spindle_day(day, [*others, day], read_config())
