"""`twin serve`: a run whose numbers are known in closed form, played and read over MTConnect."""

import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from lxml import etree
from made_run import MOVES, make_run
from mtconnect_agents import get, served

from hardware.mtconnect import MtconnectSource
from hardware.mtconnect_options import MtconnectOptions
from hardware.serve.state import PlayedRun, PlayOptions
from twin.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("outputs") / "run")
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump(config | {"machine": {"name": "Mill 3"}}))
    return folder


def test_rows_are_those_of_the_run(run):
    state = PlayedRun(run, PlayOptions(period=0.01, time_factor=1000))
    assert (state.machine, state.run, state.program) == ("Mill 3", "run", "part.nc")
    time.sleep(0.05)
    assert state.ended
    first, values = state.rows(0)
    assert np.allclose(np.diff(first), 0.01, atol=1e-6) and len(first) == 981
    seconds = first - first[0]
    bounds = np.cumsum([row[2] for row in MOVES])
    inside = np.min(np.abs(seconds[:, None] - [0.0, *bounds]), axis=1) > 0.02
    move = np.searchsorted(bounds, seconds[inside])
    assert (values["line"][inside] == np.array([row[0] for row in MOVES])[move]).all()
    assert np.allclose(values["force_x_n"][inside], np.array([row[3] for row in MOVES])[move])
    assert (values["tool"] == 1).all()
    feed = values["feed_mm_min"]
    assert feed[0] == 0 and feed[-1] == 1200  # the rapid at the end shows the feed that was programmed last
    assert state.tool_changes == [(pytest.approx(first[0]), 1)]
    assert len(state.rows(len(first))[0]) == 0


def test_a_served_run_is_read_by_the_source(run):
    with (
        served(PlayedRun(run, PlayOptions(time_factor=5.0))) as url,
        MtconnectSource(MtconnectOptions(url=url, interval=0.02, duration=1.0)) as source,
    ):
        names = {channel.name for channel in source.channels}
        blocks = list(source.blocks())
    assert {"x_actual_mm", "force_x_n", "spindle_power_w", "feed_mm_min", "line", "tool"} <= names
    line, force = (np.concatenate([block.values[name] for block in blocks]) for name in ("line", "force_x_n"))
    good = np.concatenate([block.quality for block in blocks]) == 0
    cut = {row[0]: row[3] for row in MOVES}
    same = np.isclose(force[good], [cut[int(number)] for number in line[good]])
    assert good.sum() > 100 and same.mean() > 0.99  # at a change of line the two differ by a row
    assert source.losses.lost == 0


def test_the_command_serves_until_it_is_ended(run):
    words = [sys.executable, "-m", "twin", "serve", "run", "port=0", "--outputs", str(run.parent)]
    (run / "run.json").write_text("{}")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("serving run of Mill 3 at http://127.0.0.1:")
        status, body = get(line.split()[-1] + "/current")
        assert status == 200 and etree.fromstring(body).find(".//{*}Program").text == "part.nc"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["protocol=telepathy"], "no protocol 'telepathy'"),
        (["colour=red"], "unknown key serve.colour"),
        (["5000"], "no key=value"),
        (["time_factor_ratio=0"], "must be positive"),
        (["host=0.0.0.0"], "everybody"),
    ],
)
def test_words_that_mean_nothing(run, words, says):
    from twin.commands.serve import main

    (run / "run.json").write_text("{}")
    with pytest.raises(InputError, match=says):
        main(["run", *words, "--outputs", str(run.parent)])
