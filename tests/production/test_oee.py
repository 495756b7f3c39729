"""The time model against the machine's own counters, and the figures against ISO 22400-2 worked by hand."""

import math

import numpy as np
import pytest

from twin.__main__ import main
from twin.errors import InputError
from twin.production.machine_log import MachineLog, from_logs
from twin.production.machine_states import Said, State, Timeline, meaning, silences, timeline
from twin.production.oee import Quantities, Times, figures, times_of

SILENCE = 300 * 10**6
DAYS = ["20161129-20161130", "20170627-20170628", "20171115-20171116"]


def said(*rows):
    """``(seconds, word)``"""
    return Said(np.array([round(t * 1e6) for t, _ in rows], np.int64), np.array([w for _, w in rows], object))


def by_name(found):
    return {row.name: row for row in found}


@pytest.mark.data
@pytest.mark.parametrize("day", DAYS)
def test_busy_time_of_the_mazak_is_what_its_own_counter_says(data_dir, day):
    """The control counts its automatic operation in seconds (auto_time), held and interrupted included: an
    independent clock. Unobserved time bounds what it counted meanwhile."""
    log = from_logs([data_dir / "nist_mazak_spindle" / f"Mazak01-{day}.shdr.gz"])
    line = log.timeline(None, None, SILENCE)
    times = times_of(line)
    counter = log.items["auto_time"]
    inside = (counter.time_us >= line.edge_us[0]) & (counter.time_us <= line.edge_us[-1])
    values = np.array([float(t) if t != "UNAVAILABLE" else np.nan for t in counter.text[inside]])
    when = counter.time_us[inside][np.isfinite(values)]
    values = values[np.isfinite(values)]
    state = line.state[np.searchsorted(line.edge_us[1:-1], when - 500_000, side="right")]
    gained = np.diff(values)
    known = state[1:] != State.UNOBSERVED
    worked = times.production + times.delay
    assert gained[known].sum() == pytest.approx(worked, rel=0.02)
    assert worked * 0.98 <= values[-1] - values[0] <= worked + times.setup + times.unobserved
    total = log.items["total_time"]  # seconds with power on: the adapter's time stamps against the control's clock
    on = np.array([float(t) if t != "UNAVAILABLE" else np.nan for t in total.text])
    on_inside = on[(total.time_us >= line.edge_us[0]) & (total.time_us <= line.edge_us[-1]) & np.isfinite(on)]
    assert np.ptp(on_inside) == pytest.approx(times.planned, abs=90)


@pytest.mark.data
def test_production_of_a_plate_is_what_the_hurco_counted(data_dir):
    """Program_Runtime_Seconds of the control: plate 2 ended after 1143 s, whole seconds, sent late at times."""
    log = from_logs([data_dir / "nist_plates" / "plate_02.shdr.gz"])
    begin, _ = log.observed_us()
    line = log.timeline(begin, begin + 1200 * 10**6, SILENCE)
    assert line.seconds()[State.PRODUCTION] == pytest.approx(1143, rel=0.025)
    assert log.counted(begin, begin + 1200 * 10**6) == 1
    assert log.counted(begin, begin + 10**12) == 2  # its second start, days later, is a part to the control's counter


@pytest.mark.data
def test_logs_of_one_machine_in_any_order_are_one_log(data_dir):
    files = [data_dir / "nist_plates" / f"plate_{n:02}.shdr.gz" for n in (8, 1)]
    log = from_logs(files)
    assert (np.diff(log.heard_us) > 0).all()
    line = log.timeline(None, None, SILENCE)
    alone = [from_logs([f]) for f in files]
    first = [a.timeline(a.observed_us()[0], a.observed_us()[0] + 1200 * 10**6, SILENCE) for a in alone]
    assert line.seconds()[State.PRODUCTION] >= sum(a.seconds()[State.PRODUCTION] for a in first)
    # nearly all of those five days nobody listened
    assert line.seconds()[State.UNOBSERVED] > 0.97 * sum(line.seconds().values())


def test_states_hold_until_the_next_word_and_gaps_are_unobserved():
    execution = said((0, "READY"), (10, "ACTIVE"), (40, "FEED_HOLD"), (45, "ACTIVE"), (100, "STOPPED"))
    mode = said((0, "AUTOMATIC"), (110, "MANUAL"))
    line = timeline(execution, mode, 0, 130_000_000, gaps=[(60_000_000, 70_000_000)])
    seconds = line.seconds()
    assert seconds == {
        State.UNOBSERVED: 10,
        State.PRODUCTION: 30 + 15 + 30,
        State.SETUP: 20,
        State.DELAY: 5,
        State.DOWN: 10 + 10,
    }
    assert line.episodes()[State.PRODUCTION] == 3
    before = timeline(execution, None, -5_000_000, 5_000_000)  # nothing was said yet
    assert before.seconds()[State.UNOBSERVED] == 5


def test_silence_longer_than_stated_is_a_gap():
    heard = np.array([0, 10, 400, 405], np.int64) * 10**6
    assert silences(heard, SILENCE) == [(10 * 10**6, 400 * 10**6)]
    log = MachineLog("m", {"execution": said((0, "ACTIVE"))}, heard)
    assert log.timeline(None, 900 * 10**6, SILENCE).seconds()[State.UNOBSERVED] == 390 + 495


def test_figures_by_hand():
    """A shift of 480 min: production 300, set-up 60, delay 30, down 90; 50 parts of 5 min planned, 45 good."""
    found = by_name(figures(Times(28800, 18000, 3600, 1800, 5400, 0), Quantities(50, 45, 300.0)))
    by_hand = {
        "availability": 100 * 300 / 480,
        "allocation of busy time": 100 * 390 / 480,
        "utilisation efficiency": 100 * 300 / 390,
        "technical efficiency": 100 * 300 / 330,
        "set-up ratio": 100 * 60 / 360,
        "effectiveness": 100 * 250 / 300,
        "quality ratio": 90,
        "OEE index": 100 * (300 / 480) * (250 / 300) * 0.9,
        "net equipment effectiveness NEE": 100 * (360 / 480) * (250 / 300) * 0.9,
        "throughput rate": 50 / 8,
    }
    for name, value in by_hand.items():
        assert found[name].value == pytest.approx(value, rel=1e-12), name
        assert found[name].low == pytest.approx(value) and found[name].high == pytest.approx(value)
        assert found[name].definition


def test_bounds_hold_whatever_happened_unobserved():
    """Every way to fill the unobserved hour, in steps of 6 minutes."""
    hours = {"production": 4.0, "setup": 0.5, "delay": 0.3, "down": 2.2}
    parts = Quantities(20, 18, 600.0)
    bounds = by_name(figures(Times(8 * 3600, *(h * 3600 for h in hours.values()), 3600), parts))
    steps = range(11)
    for a in steps:
        for b in range(11 - a):
            for c in range(11 - a - b):
                fill = (a / 10, b / 10, c / 10, (10 - a - b - c) / 10)
                whole = [3600 * (h + f) for h, f in zip(hours.values(), fill, strict=True)]
                for row in figures(Times(8 * 3600, *whole, 0), parts):
                    bound = bounds[row.name]
                    assert bound.low - 1e-9 <= row.value <= bound.high + 1e-9, row.name
    assert all(row.low <= row.value <= row.high for row in bounds.values())


def test_more_than_the_machine_can_have_made_is_said():
    """What is over 100 % is shown as it is, with a word: a control that counts every start as a part does that."""
    found = by_name(figures(Times(1000, 800, 0, 0, 200, 0), Quantities(2, 2, 600.0)))
    assert found["effectiveness"].value == pytest.approx(150) and "above 100 %" in found["effectiveness"].why


def test_what_is_not_known_is_said_and_no_number():
    found = by_name(figures(Times(3600, 1800, 0, 0, 1800, 0)))
    assert math.isnan(found["OEE index"].value) and "PQ is not known" in found["OEE index"].why
    assert "PRI is not known" in by_name(figures(Times(3600, 1800, 0, 0, 1800, 0), Quantities(3, 3)))["OEE index"].why
    assert "was not observed" in by_name(figures(Times(3600, 0, 0, 0, 3600, 0)))["utilisation efficiency"].why


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: meaning("execution", "WOBBLING"), "unknown state 'WOBBLING' of execution.*ACTIVE"),
        (lambda: timeline(said((0, "DANCES")), None, 0, 10), "unknown state 'DANCES'"),
        (lambda: timeline(said((0, "ACTIVE")), None, 10, 10), "ends .* as it begins"),
        (lambda: figures(Times(10, 0, 0, 0, 0, 10)), "nothing was observed"),
        (lambda: figures(Times(10, 5, 0, 0, 5, 0), Quantities(3, 4)), "4 good parts of 3"),
        (lambda: MachineLog("m", {"Xabs": said((0, "1"))}, np.array([0])).observed_us(), "does not say what"),
    ],
)
def test_bad_input_is_said(call, why):
    with pytest.raises(InputError, match=why):
        call()


def test_a_word_of_ones_own_can_be_told():
    assert meaning("execution", "Warmup", {"WARMUP": "executing"}) == "executing"
    with pytest.raises(InputError, match="'dancing' is no meaning"):
        meaning("execution", "WARMUP", {"WARMUP": "dancing"})


@pytest.mark.data
def test_the_command_prints_figures_and_says_what_is_wrong(data_dir, tmp_path, capsys):
    log = str(data_dir / "nist_plates" / "plate_02.shdr.gz")
    period = ["--from", "2017-02-01T14:59:59", "--to", "2017-02-01T15:19:20"]
    more = ["--good", "1", "--planned-s", "954", "--picture", str(tmp_path / "p.png"), "--machine", "hurco04"]
    assert main(["oee", log, *period, "--produced", "1", *more]) == 0
    told = capsys.readouterr().out
    assert "hurco04  2017-02-01T14:59:59" in told and "PRI x PQ / APT" in told
    assert "82.2" in told  # 954 s of 1161 s in which it did nothing else
    assert (tmp_path / "p.png").stat().st_size > 5000
    for words, why in [
        (["none.shdr"], "there is no such file"),
        ([log, "--from", "yesterday"], "'yesterday' is no time"),
        ([log, "--from", "2017-02-02", "--to", "2017-02-01"], "before it begins"),
        ([log, "--state", "WARMUP"], "no WORD=MEANING"),
        ([log, "--silence-s", "0"], "--silence-s is 0"),
        ([log, "--produced", "1", "--good", "2"], "2 good parts of 1"),
    ]:
        assert main(["oee", *words]) == 2
        assert why in capsys.readouterr().err


def test_program_ends_by_hand():
    """100 s with a hold in between, then ready: one. 20 s: too short. 90 s broken off in manual mode, 90 s whose end
    nobody saw: none. 60 s and ready: one more."""
    p, d, down, setup, away = State.PRODUCTION, State.DELAY, State.DOWN, State.SETUP, State.UNOBSERVED
    rows = [(50, p), (30, d), (50, p), (10, down), (20, p), (5, down), (90, p), (9, setup), (90, p), (40, away)]
    rows += [(60, p), (1, down)]
    edges = np.cumsum([0, *(length for length, _ in rows)]) * 10**6
    line = Timeline(edges, np.array([state for _, state in rows]))
    assert line.program_ends(60) == 2
    assert line.program_ends(61) == 1
    assert line.program_ends(10) == 3


@pytest.mark.data
def test_the_log_of_a_plate_holds_one_end_of_its_program(data_dir):
    """NIST's log of plate 8 is of one plate; a second start of 51 s stands at its end."""
    log = from_logs([data_dir / "nist_plates" / "plate_08.shdr.gz"])
    line = log.timeline(None, None, SILENCE)
    assert line.program_ends(600) == 1


def test_an_unknown_word_at_the_very_end_is_refused_too():
    with pytest.raises(InputError, match="DREAMING"):
        timeline(said((0, "ACTIVE"), (60, "DREAMING")), None, 0, 60 * 10**6)
