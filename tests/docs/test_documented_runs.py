"""The quick commands of README and docs, run as they stand there, on one small run."""

import os
import shutil

import pytest
from documented import commands, pages
from own_scenario import make_desk

from twin.__main__ import main

QUICK = ("show", "explain", "results", "cutter", "report", "view", "quote", "life")
FEATURES = """\
- {kind: slot, name: slot, centre_mm: [30, 20, -1.2], normal: [0, 1, 0], width_mm: 10, size_mm: [40, 1.4]}
- {kind: plane, name: floor, centre_mm: [30, 20, -2], normal: [0, 0, 1], size_mm: [40, 6]}
"""
SHOWN = list(
    {
        command.words: command
        for page in pages()
        for command in commands(page)
        if command.fenced and command.words[0] == "twin" and command.words[1] in QUICK
    }.values()
)


FIRST = {
    command.words[1]: command.words
    for command in reversed(SHOWN)
    if "--" in command.text or command.words[1] == "report"
}
DRAWING = {"view": [pytest.mark.gl], "report": [pytest.mark.chromium, pytest.mark.gl]}


def marks(command):
    """What else the command needs of this computer; of those that draw, one each is enough in the normal run."""
    name = command.words[1]
    again = name in DRAWING and command.words != FIRST[name]
    return [*DRAWING.get(name, []), *([pytest.mark.long] if again else [])]


@pytest.fixture(scope="module")
def desk(tmp_path_factory, jax_as_users_have_it):
    """A folder with one small run of our own in outputs."""
    folder = make_desk(tmp_path_factory.mktemp("desk"))
    (folder / "scenarios" / "own" / "features.yaml").write_text(FEATURES)
    file = folder / "conf" / "scenario" / "own.yaml"
    file.write_text(file.read_text().replace("  program: part.nc\n", "  program: part.nc\n  features: features.yaml\n"))
    words = ["run", "scenario=own", "--conf", str(folder / "conf"), "--outputs", str(folder / "outputs")]
    assert main([*words, "--no-picture"]) == 0
    return folder


@pytest.mark.parametrize("command", [pytest.param(c, id=c.text, marks=marks(c)) for c in SHOWN if "my_" not in c.text])
def test_it_runs_as_it_stands_there(command, desk, monkeypatch, capsys):
    opens_a_window = command.words[1] == "view" and not any(w.startswith("--") for w in command.words)
    if opens_a_window:
        pytest.skip("opens a window: tests/view does that on a virtual screen")
    if command.words[1] == "report" and not shutil.which("chromium") and not os.environ.get("CI"):
        pytest.skip("needs the package chromium, which CI installs")
    monkeypatch.chdir(desk)
    monkeypatch.setattr("twin.resources.outputs_folder", lambda: desk / "outputs")
    assert main(list(command.words[1:])) == 0, capsys.readouterr().err
    assert capsys.readouterr().out
