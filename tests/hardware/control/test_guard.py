"""Nothing passes a guard but what was declared."""

import json

import pytest

from hardware.control.guard import Guard, GuardLimits, WriteLog
from twin.errors import InputError

LIMITS = GuardLimits(lower=-10.0, upper=10.0, rate=2.0, dead_band=0.5, patience=3.0, safe=0.0)


def guard(log=None, limits=LIMITS):
    return Guard("offset_um", limits, armed=True, log=log or WriteLog())


def run(one, requests, step=0.1, start=0.0):
    return [one.update(start + k * step, request) for k, request in enumerate(requests)]


def test_nothing_is_written_unarmed():
    with pytest.raises(InputError, match="--arm"):
        Guard("offset_um", LIMITS, armed=False, log=WriteLog())


def test_limit_and_rate_hold():
    sent = run(guard(), [100.0] * 200)
    assert max(sent) == 10.0
    assert max(abs(b - a) for a, b in zip(sent, sent[1:], strict=False)) <= 2.0 * 0.1 + 1e-12
    assert sent[51] == pytest.approx(10.0)  # 5 s at 2 a second


def test_a_small_change_is_not_sent():
    one = guard()
    run(one, [5.0] * 40)
    before = one.sent
    assert run(one, [5.4] * 10, start=4.0)[-1] == before
    assert one.update(6.0, 5.6) > before


def test_missing_data_hold_then_the_watchdog_takes_it_back():
    one = guard()
    run(one, [4.0] * 40)  # until 3.9 s
    held = [one.update(3.9 + 0.1 * k, None) for k in range(1, 30)]
    assert set(held) == {4.0}
    back = [one.update(6.9 + 0.1 * k, float("nan")) for k in range(1, 40)]
    assert back[-1] == 0.0
    assert max(abs(b - a) for a, b in zip(back, back[1:], strict=False)) <= 0.2 + 1e-9
    assert one.update(20.0, 4.0) == 4.0  # fresh data: on again, the rate allowing


def test_every_write_is_logged_with_what_was_asked_and_why(tmp_path):
    file = tmp_path / "writes.jsonl"
    log = WriteLog(file)
    one = guard(log)
    sent = run(one, [3.0] * 20 + [30.0] * 60 + [None] * 120)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    changes = sum(a != b for a, b in zip([0.0, *sent], sent, strict=False))
    assert len(rows) == len(log.writes) == changes
    assert {row["reason"] for row in rows} == {"rate", "as asked", "limit", "watchdog"}
    assert rows[0] == {"time": 0.1, "quantity": "offset_um", "asked": 3.0, "sent": 0.2, "reason": "rate"}
    assert rows[-1]["sent"] == 0.0


def test_a_log_that_cannot_be_written_stops_the_writing(tmp_path):
    one = guard(WriteLog(tmp_path / "nowhere" / "writes.jsonl"))
    one.update(0.0, 1.0)
    with pytest.raises(InputError, match="log of writes"):
        one.update(0.1, 1.0)


@pytest.mark.parametrize("wrong", [{"lower": 11.0}, {"safe": 20.0}, {"rate": 0.0}, {"patience": 0.0}])
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError, match="do not make sense"):
        GuardLimits(**(vars(LIMITS) | wrong))
