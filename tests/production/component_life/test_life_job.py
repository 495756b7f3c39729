"""`twin life` on a run that was made: loads as the run has them, the book, the outlook."""

import json

import numpy as np
import pytest
import yaml
from rich.console import Console

from twin.errors import InputError
from twin.production.component_life.book import book_replacement, read_book
from twin.production.component_life.components import components_of
from twin.production.component_life.consumption import Consumption
from twin.production.component_life.job import life_of
from twin.production.component_life.outlook import outlook
from twin.production.component_life.reliability import LINEAR
from twin.production.component_life.run_loads import read_run
from twin.result import load
from twin.scenario import load_scenario
from twin.simulate import simulate
from twin.view.life import draw_life

MACHINE = "generic 3-axis machining centre"


@pytest.fixture(scope="module")
def run(module_desk, jax_as_users_have_it):
    """A slot of 80 mm at 1,200 mm/min, as a finished run."""
    scenario = load_scenario("scenario=own", conf=module_desk / "conf")
    folder = module_desk / "run"
    folder.mkdir()
    simulate(scenario).save(folder)
    (folder / "config.yaml").write_text(yaml.safe_dump(scenario.config))
    (folder / "run.json").write_text("{}")
    return folder


def test_loads_are_those_of_the_program(run):
    found = read_run(run)
    assert [operation.label for operation in found.operations] == ["T1 4–7"]
    assert found.table_axes == "w X Y "
    segments = load(run)["segments"]
    travel = np.abs(segments["end_mm"] - segments["start_mm"]).sum("segment").values / 1e3
    axes, spindle = found.axes, found.spindle
    assert np.abs(axes.speed).T @ axes.seconds == pytest.approx(travel, rel=0.01, abs=1e-4)
    # 80 mm at 20 mm/s with the spindle on, rapids before and after; tool change and spin-up are not counted
    assert 4.0 < np.sum(spindle.seconds * (spindle.speed > 0)) < found.duration
    # the acceleration brings the axis to its feed of 20 mm/s and back
    x = axes.speed[:, 0]
    assert axes.acceleration[:, 0] @ axes.seconds == pytest.approx(x[-1] - x[0], abs=1e-9)
    assert spindle.radial.max() > 0 and set(found.temperature) >= {"front_bearing", "rear_bearing"}


def test_table_picture_and_book(run, tmp_path):
    book = tmp_path / "machine.jsonl"
    console = Console(file=(tmp_path / "out.txt").open("w"), width=180)
    first = life_of([run], [50.0], console, book=book, days=10)
    assert first.before == pytest.approx(10 * first.per_day)
    again = life_of([run], [50.0], console, book=book, days=5)
    assert again.before == pytest.approx(15 * first.per_day)
    assert read_book(book, MACHINE) == pytest.approx(dict(zip(again.component, again.before, strict=True)))
    book_replacement(book, MACHINE, "screw X")
    assert read_book(book, MACHINE)["screw X"] == 0
    assert again.share.sum(axis=1)[:3] == pytest.approx(1)
    draw_life(again).savefig(tmp_path / "life.png")
    assert "screw Z" in (tmp_path / "out.txt").read_text()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "is no entry"),
        (json.dumps({"machine": MACHINE, "used": {"screw X": -1}}), "is no entry"),
        (json.dumps({"machine": "another", "used": {}}), "is of another"),
    ],
)
def test_a_broken_book_is_refused(tmp_path, line, says):
    book = tmp_path / "book.jsonl"
    book.write_text(json.dumps({"machine": MACHINE, "used": {"screw X": 0.1}}) + "\n" + line + "\n")
    with pytest.raises(InputError, match=says) as error:
        read_book(book, MACHINE)
    assert "book.jsonl:2" in str(error.value)


def test_a_book_of_unknown_components_and_a_changed_program_are_refused(run, tmp_path):
    book = tmp_path / "book.jsonl"
    book_replacement(book, MACHINE, "clutch")
    with pytest.raises(InputError, match="clutch"):
        life_of([run], [1.0], Console(), book=book, days=1)
    assert len(book.read_text().splitlines()) == 1  # nothing was booked


def test_outlook_of_two_runs_by_hand():
    """3 and 1 parts a day that take 0.001 and 0.002 lives: 0.005 a day; new, half fail after L50 / 0.005 days."""
    one = np.ones(1)

    def taken(used):
        return Consumption(("screw X",), (LINEAR,), used * one, np.eye(1), np.eye(1), 0 * one, one, 0 * one)

    found = outlook([taken(0.001), taken(0.002)], [["a"], ["b"]], [3, 1], {})
    assert found.per_day == pytest.approx([0.005])
    assert found.share[0] == pytest.approx([0.6, 0.4])
    assert found.days[0, 1] == pytest.approx(float(LINEAR.life(0.5)) / 0.005)
    with pytest.raises(InputError, match="parts a day"):
        outlook([taken(0.001)], [["a"]], [0.0], {})


def test_components_by_the_name_of_the_machine():
    assert components_of(MACHINE)[1].name == "machining_centre.yaml"
