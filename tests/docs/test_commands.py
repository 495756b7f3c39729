"""What README and docs tell a reader to type: every command parses, composes and names what exists."""

import argparse
import ast
import re
from pathlib import Path

import pytest
from documented import ROOT, commands, files, pages

from hardware.channel import check_block
from twin.__main__ import COMMANDS, main
from twin.commands.parser import OVERRIDES
from twin.compose import compose, groups
from twin.errors import InputError
from twin.scenario import load_scenario

ALL = [command for page in pages() for command in commands(page)]
NAMED = [command for command in ALL if command.words[0] == "twin" and (command.fenced or len(command.words) > 2)]
TWIN = list({command.words: command for command in NAMED}.values())
OTHERS = [command for command in ALL if command.words[0] != "twin"]
OWN = {  # words that a command keeps for itself, and does not compose
    "bench": {"file", "url"},
    "stability": {"tool", "frf", "frf_x", "frf_y"},
    "compensate": {"format"},
}
PLACEHOLDER = re.compile(r"=[A-Z]{3,}$|\.\.\.|…|\.yaml$")  # scenario=NAME, scenario=mine.yaml
COMPOSING = ("run", "show", "optimise", "compensate", "stability", "bench", "calibrate", "cutter", "explain")


class Parsed(Exception):
    """What a command's parser made of its words."""

    def __init__(self, options: argparse.Namespace):
        self.options = options


@pytest.fixture
def parsed(monkeypatch):
    """Words of a command -> options, without running it."""

    def stopping(original):
        def stop(self, *arguments, **keywords):
            raise Parsed(original(self, *arguments, **keywords))

        return stop

    def parse(words):
        for name in ("parse_args", "parse_intermixed_args"):
            monkeypatch.setattr(argparse.ArgumentParser, name, stopping(getattr(argparse.ArgumentParser, name)))
        with pytest.raises(Parsed) as stopped:
            main(words)
        return stopped.value.options

    return parse


@pytest.fixture(scope="module")
def desks(tmp_path_factory):
    """Page -> a folder with the files that it shows."""
    made = {}

    def desk(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp("desk")
            for file, text in files(ROOT / name).items():
                (made[name] / file).parent.mkdir(parents=True, exist_ok=True)
                (made[name] / file).write_text(text)
        return made[name]

    return desk


def test_the_pages_show_commands():
    assert len(TWIN) > 40 and {c.words[1] for c in TWIN} <= {*COMMANDS, "--help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_place_in_the_docs(name):
    assert any(command.words[1] == name for command in TWIN), f"no page shows `twin {name}`"


@pytest.mark.parametrize("command", TWIN, ids=lambda c: f"{Path(c.page).stem}: {c.text}"[:90])
def test_a_command_parses_and_its_configuration_composes(command, parsed, desks, monkeypatch):
    desk, name = desks(command.page), command.words[1]
    monkeypatch.chdir(desk)
    options = vars(parsed(list(command.words[1:])))
    if name not in COMPOSING:
        return
    given = [word for value in options.values() if isinstance(value, list) for word in value if "=" in str(word)]
    kept = [word for word in given if word.partition("=")[0] not in OWN.get(name, {"tool"})]
    kept = [word for word in kept if not PLACEHOLDER.search(word) and not word.startswith("calibration=")]
    conf = options.get("conf") or (desk / "conf" if (desk / "conf").is_dir() else None)
    if conf and not conf.is_dir():
        return  # the reader's own, of which the page shows no file
    known = groups(conf)
    if all(value in known.get(key, []) for key, _, value in (word.partition("=") for word in kept)):
        return  # options of groups, which the tests of conf/ compose
    try:
        compose(kept, conf=conf)
    except InputError as error:
        pytest.fail(f"{command.page}: {command.text}\n{error}")


@pytest.mark.parametrize("line", OVERRIDES.splitlines()[1:])
def test_the_examples_of_the_help_compose(line):
    compose([word for word in line.split() if "=" in word and not word.startswith("(")])


@pytest.mark.parametrize("command", OTHERS, ids=lambda c: f"{Path(c.page).stem}: {c.text}"[:90])
def test_what_is_not_a_command_of_the_twin_exists(command):
    program, *words = command.words
    if program == "make":
        targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(words) - {w for w in words if "=" in w} <= targets, command.page
        return
    named = [word for word in words if "/" in word and not word.startswith("-") and "=" not in word]
    for word in named:
        assert (ROOT / word.split("::")[0]).exists(), f"{command.page}: {command.text}"


def test_files_that_a_page_shows_are_whole(desks):
    shown = {page: files(page) for page in pages() if files(page)}
    assert shown
    for texts in shown.values():
        for name, text in texts.items():
            if name.endswith(".py"):
                ast.parse(text)


def test_groups_that_a_page_names_are_there():
    known = groups()
    text = "\n".join(page.read_text() for page in pages())
    for group, option in re.findall(r"`conf/(\w+)/([a-z]\w*)\.yaml`", text):
        assert option in known.get(group, []) or (ROOT / "conf" / group / f"{option}.yaml").is_file(), (group, option)


def test_what_the_how_to_pages_show_is_taken(tmp_path):
    for page in (ROOT / "docs" / "howto").glob("*.md"):
        for name, text in files(page).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    own = ("machine=my_mill", "controller=my_control", "material=my_alloy", "tool@tools.2=my_mill_d12")
    scenario = load_scenario(*own, conf=tmp_path / "myconf")
    assert scenario.machine.axes["X"].travel_max == 1.02 and scenario.controller.tool_change == 3.2
    assert scenario.controller.axis["y"].jerk == 50  # of the file it begins with
    assert float(scenario.material.coefficients.ktc) == 780e6 and scenario.tools[2].diameter == 0.01184
    sine = {}
    exec((tmp_path / "hardware" / "sine.py").read_text(), sine)
    with sine["bench_source"]({"amplitude_mm": 10}, None) as source:
        blocks = list(source.blocks())
    for block in blocks:
        check_block(block, source.channels)
    assert sum(map(len, blocks)) == 1000
