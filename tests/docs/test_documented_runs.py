"""The commands of README and docs, run as they stand there: quick ones on one small run, then whole pages in order."""

import os
import re
import shutil
from pathlib import Path

import pytest
import trimesh
from documented import ROOT, commands, files, pages
from own_scenario import GOOD_PROGRAM, make_desk

from twin.__main__ import main

WITHOUT_RUN = ("show", "explain", "new", "cutter")
OF_A_RUN = ("results", "report", "view", "quote", "life")
QUICK = (*WITHOUT_RUN, *OF_A_RUN)
ELSEWHERE = (  # needs what only a reader has, or does not end by itself: pattern of the command -> who runs it
    (r"^view( latest)?( --measured)?$", "tests/view/test_window.py"),
    (r"^view .*--web", "tests/view/test_web.py"),
    (r"^view RUN RUN2", "tests/view/test_view_files.py"),
    (r"^serve ", "tests/hardware/test_serve.py"),
    (r"^board ", "tests/hardware/test_shop_board.py"),
    (r"^bench .*bench=linuxcnc", "tests/hardware/linuxcnc/test_bench_job.py"),
    (r"^bench ", "tests/hardware/test_bench_record.py"),
    (r"^validate ", "tests/hardware/test_validation.py"),
    (r"^calibrate ", "tests/hardware/calibration/test_job.py"),
    (r"^faults ", "tests/hardware/faults/test_faults_bench.py"),
    (r"^run .*calibration=", "tests/hardware/calibration/test_job.py"),
    (r"^inspect .*--against", "tests/inspection/test_inspect_command.py"),
    (r"^stability .*frf=", "tests/view/test_stability_picture.py"),
    (r"^machinetest .*--measured", "tests/machine_tests/test_machinetest_command.py"),
    (r"^oee ", "tests/production/test_oee.py"),
    (r"^new .*(stock\.stl|tool\.3)", "tests/own_part/test_own_part.py"),
    (r"^sweep -m .*slurm", "tests/sweep/test_sweep_multirun.py"),
    (r"^quote .*my_shop", "tests/production/cost/test_quote.py"),
    (r"^batch .*(latest|readings|release)", "tests/production/batch/test_batch_decisions.py"),
    (r"^schedule .*--orders", "tests/production/test_shop_commands.py"),
    (r"^jobs ", "tests/production/test_shop_commands.py"),
)
FEATURES = """\
- {kind: slot, name: slot, centre_mm: [30, 20, -1.2], normal: [0, 1, 0], width_mm: 10, size_mm: [40, 1.4]}
- {kind: plane, name: floor, centre_mm: [30, 20, -2], normal: [0, 0, 1], size_mm: [40, 6]}
"""


def shown(page):
    """Command lines of a page that run here, in their order."""
    own = [command for command in commands(page) if command.fenced and command.words[0] == "twin"]
    return [c for c in own if len(c.words) > 1 and not elsewhere(c)]


def elsewhere(command):
    """The test that runs the command instead."""
    text = " ".join(command.words[1:])
    return next((test for pattern, test in ELSEWHERE if re.search(pattern, text)), None)


PAGES = {page: shown(page) for page in pages() if shown(page)}
ONCE = {command.words: page for page, own in reversed(PAGES.items()) for command in own}
NEEDS = re.compile(r"my_|myconf|example|outputs/|scenario=|scenarios/|stock\.stl")  # long, or what stands above made it
LONE = [words for words in reversed(ONCE) if words[1] in QUICK and not NEEDS.search(" ".join(words))]
RUN = re.compile(r"^RUN(_?[A-Z0-9])?$")  # a run of the reader's
DRAWING = {"view": [pytest.mark.gl], "report": [pytest.mark.chromium, pytest.mark.gl]}


def marks(words):
    """What else the command needs; those that look at a run wait for the long tests, for the run must be made."""
    return [*DRAWING.get(words[1], []), *([pytest.mark.long] if words[1] in OF_A_RUN else [])]


def make_files(folder):
    """A folder with a scenario of our own, a program and a stock."""
    make_desk(folder)
    (folder / "scenarios" / "own" / "features.yaml").write_text(FEATURES)
    file = folder / "conf" / "scenario" / "own.yaml"
    file.write_text(file.read_text().replace("  program: part.nc\n", "  program: part.nc\n  features: features.yaml\n"))
    (folder / "part.nc").write_text(f"(T1 D10 FLAT END MILL 3 FLUTES)\n{GOOD_PROGRAM}")
    trimesh.creation.box(bounds=[[0, 0, -20], [60, 40, 0]]).export(folder / "stock.stl")
    return folder


def make(folder):
    """The same with one small run in outputs."""
    make_files(folder)
    words = ["run", "scenario=own", "--conf", str(folder / "conf"), "--outputs", str(folder / "outputs")]
    assert main([*words, "--no-picture"]) == 0
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory, jax_as_users_have_it):
    """A desk for all quick commands that look at a run."""
    return make(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def empty_desk(tmp_path_factory):
    """A desk for the others."""
    return make_files(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def typed(monkeypatch, capsys):
    """Words as typed in a desk whose outputs are its own -> what was printed."""

    def type_in(desk, words):
        if words[1] == "report" and not shutil.which("chromium") and not os.environ.get("CI"):
            pytest.skip("needs the package chromium, which CI installs")
        monkeypatch.chdir(desk)
        monkeypatch.setattr("twin.resources.outputs_folder", lambda: desk / "outputs")
        try:
            status = main([RUN.sub("latest", word) for word in words[1:]])
        except SystemExit as ended:
            status = ended.code or 0
        said = capsys.readouterr()
        assert status == 0, f"{' '.join(words)}\n{said.err}"
        return said.out

    return type_in


@pytest.mark.parametrize("words", [pytest.param(w, id=" ".join(w), marks=marks(w)) for w in LONE])
def test_a_quick_command_runs_as_it_stands_there(words, request, typed):
    desk = request.getfixturevalue("desk" if words[1] in OF_A_RUN else "empty_desk")
    for name, text in files(ONCE[words]).items():
        (desk / name).parent.mkdir(parents=True, exist_ok=True)
        (desk / name).write_text(text)
    assert typed(desk, words)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run_in_their_order(page, tmp_path, typed, jax_as_users_have_it, data_dir):
    folder = tmp_path / "desk"
    folder.mkdir()
    make(folder)
    for name, text in files(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for command in PAGES[page]:
        typed(folder, command.words)


@pytest.mark.parametrize("pattern,test", ELSEWHERE)
def test_what_is_run_elsewhere_is_shown_and_has_its_test(pattern, test):
    assert (ROOT / test).is_file(), test
    every = [command for page in pages() for command in commands(page) if command.words[0] == "twin"]
    assert any(re.search(pattern, " ".join(command.words[1:])) for command in every), f"no page shows {pattern}"


def test_pages_are_there():
    assert {words[1] for words in LONE} == {*QUICK}
    assert {Path("README.md"), Path("docs/tutorial/process_engineer.md")} <= {p.relative_to(ROOT) for p in PAGES}
