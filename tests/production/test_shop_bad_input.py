"""What a user types or hands over wrongly: one line that names the value and the remedy, and nothing is done."""

import pytest
from production_runs import made_run

from twin.__main__ import main
from twin.production.history_event import Event, now_us
from twin.production.history_writer import append

CLOCK = "2017-02-01T{}Z|execution|{}\n"
READINGS = "part,power_rise_pct,deviation_um,did\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run, a history of one part, logs and tables."""
    folder = tmp_path_factory.mktemp("place")
    made_run(folder / "2026-01-01" / "100000_made")
    program = Event(now_us(), "program", {"name": "p.nc", "sha256": "0" * 64, "lines": 1}, part="P", serial="S")
    append(folder / "h.sqlite", "twin", program)
    files = {
        "broken.yaml": "machines: [1",
        "log.shdr": CLOCK.format("13:00:00", "ACTIVE") + CLOCK.format("13:04:00", "READY"),
        "back.shdr": CLOCK.format("13:00:00", "ACTIVE") + CLOCK.format("12:00:00", "READY"),
        "odd.shdr": CLOCK.format("13:00:00", "DANCING") + CLOCK.format("13:04:00", "READY"),
        "nan.csv": READINGS + "1,nan,,\n",
        "late.csv": READINGS + "2,3,,\n",
        "shop.yaml": "machines: {m: {source: {kind: telepathy}}}",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def said(words, place, capsys):
    """The one line of an error; nothing else was printed."""
    assert main([word.replace("@", f"{place}/") for word in words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


RUN = "@2026-01-01/100000_made"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["life", RUN, "--parts", "nan"], "nan parts a day (give numbers above zero)"),
        (["life", RUN, "--days", "nan"], "nan days"),
        (["life", RUN, "--components", "@broken.yaml"], "broken.yaml:1: no YAML"),
        (["life", RUN, "--change", "45"], "give --change EUR and --failure EUR"),
        (["life", RUN, "--change", "-4", "--failure", "9"], "--change is -4 EUR (a cost above zero)"),
        (["life", RUN, "--change", "4", "--failure", "9", "--batch", "0"], "a batch of 0 parts (at least 1)"),
        (["quote", RUN, "--lot", "0"], "lots of 0 (both at least 1)"),
        (["quote", RUN, "--quantity", "5", "--lot", "10"], "lots of 10 of 5 parts"),
        (["quote", RUN, "economics.rates.machine.rate_eur_h=-5"], "economics.rates.machine.rate is -0.00138"),
        (["quote", RUN, "economics=@broken.yaml"], "broken.yaml:1: no YAML"),
        (["quote", "@nosuch.nc", "stock.stl"], "nosuch.nc: there is no such file"),
        (["line", "--rush", "panel:4:12:5"], "due at 5 h, before its release at 12 h"),
        (["line", "--rush", "panel:x:5:12"], "'x' is not a number (as --rush PART:N:RELEASE_H:DUE_H)"),
        (["line", "--rush", "panel:4.5:5:12"], "'4.5' is not a whole number"),
        (["line", "--rush", "panel:-4:5:12"], "n_parts is -4"),
        (["line", "--down", "milling:10:4"], "down from 10 to 4 h (the end comes after the start)"),
        (["line", "--down", "milling:-4:4"], "start is -14400 (a number from zero on; shown in SI units)"),
        (["schedule", "--rush", "housing:9:2"], "due at 2 h, before it is released at 9 h"),
        (["schedule", "--rush", "housing:a:9"], "'a' is not a number (as --rush JOB:RELEASE_H:DUE_H)"),
        (["schedule", "--down", "vmc 1:5:2"], "closed from 5 to 2 h (the end comes after the start)"),
        (["schedule", "--down", "vmc 1:-5:2"], "start is -18000"),
        (["batch", "--runs", "0", "costs.scrap_eur=-1"], "batch.costs.scrap is -1"),
        (["batch", "--runs", "0", "--readings", "@nan.csv"], "nan.csv:2: {'part': '1', 'power_rise_pct': 'nan'"),
        (["batch", "--runs", "0", "--readings", "@late.csv"], "late.csv:2: part 2 where part 1 is due"),
        (["history", "record", RUN, "--part", "P"], "the part has no serial number (--serial 7)"),
        (["history", "record", RUN, "--part", "P", "--serial", "T", "--tool", "99=EM"], "the run has no tool 99"),
        (
            ["history", "record", RUN, "--part", "P", "--serial", "T", "--compensation", "@no.txt"],
            "no.txt: cannot read the compensation",
        ),
        (["history", "note", "P/S", "", "--by", "A"], "an empty 'text' (say it in words)"),
        (["history", "note", "P/S", "text", "--by", ""], "nobody says the note (--by NAME)"),
        (
            ["history", "release", "P/S", "--decision", "released", "--why", " ", "--by", "A"],
            "an empty 'why' (say it in words)",
        ),
        (["trace", "P/9"], "there is no part 'P/9' (it has P/S)"),
        (["oee", "@back.shdr"], "back.shdr:2: the clock runs backwards by 3,600 s"),
        (["oee", "@odd.shdr"], "unknown state 'DANCING' of execution"),
        (["oee", "@log.shdr", "--produced", "-3"], "produced parts cannot be -3"),
        (["oee", "@log.shdr", "--produced", "3", "--good", "5"], "5 good parts of 3 produced"),
        (["oee", "@log.shdr", "--produced", "3", "--planned-s", "nan"], "cannot be nan"),
        (["board", "@broken.yaml"], "broken.yaml:1: no YAML"),
        (["jobs", "dance", "opc.tcp://127.0.0.1:1/"], "there is no action 'dance' (one of serve, send"),
        (["jobs", "watch", "opc.tcp://127.0.0.1:1/", "--seconds", "-3"], "--seconds is -3"),
        (["board", "@shop.yaml"], "there is no source 'telepathy'"),
        (["board", "@shop.yaml", "--port", "99999"], "--port is 99999 (from 0"),
    ],
)
def test_one_line_says_what_is_wrong(words, expected, place, capsys):
    kept = {"history": ["--store", "@h.sqlite"], "trace": ["--store", "@h.sqlite"], "board": ["--store", "@b.sqlite"]}
    where = kept.get(words[0], ["--outputs", "@"])
    if words[:2] == ["history", "record"]:
        where = [*where, "--outputs", "@"]
    before = sorted(place.rglob("*"))
    assert expected in said([*words, *where], place, capsys)
    left = [file.name for file in sorted(place.rglob("*")) if file not in before]
    assert [name for name in left if not name.startswith(("h.sqlite", "b.sqlite"))] == []


@pytest.mark.parametrize("command", [["life", RUN], ["trace", "P/S"], ["oee", "@log.shdr"]])
@pytest.mark.parametrize(("file", "expected"), [("/nosuch/x.png", "there is no folder /nosuch"), ("x.doc", "ends in")])
def test_a_picture_that_cannot_be_written_is_refused_at_once(command, file, expected, place, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*(word.replace("@", f"{place}/") for word in command), "--picture", file])
    assert expected in capsys.readouterr().err
