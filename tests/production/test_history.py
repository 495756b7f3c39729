"""The store of histories: what is acknowledged stays, and nobody changes it unseen."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from twin.errors import InputError
from twin.production import history_writer
from twin.production.history import History
from twin.production.history_chain import Head, link
from twin.production.history_event import SECOND, Event, now_us, utc_text, utc_us
from twin.production.history_verify import verify
from twin.production.history_writer import HistoryWriter

BEGIN = utc_us("2026-01-05T08:00:00Z")


def note(text, k=0):
    return Event(BEGIN + k, "note", {"text": text}, part="bracket", serial="S7")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A closed history of 60 events and its head."""
    file = tmp_path_factory.mktemp("history") / "shop.sqlite"
    with HistoryWriter(file) as writer:
        anna = writer.source("anna")
        mill = writer.source("shdr://mill:7878", "mill")
        for k in range(29):
            writer.append(anna, [note(f"clamp {k} looks worn", k)])
            writer.append(mill, [Event(BEGIN + k, "observation", {"item": "Xabs_mm", "value": 0.5 * k})])
    with History(file) as history:
        return file, history.head()


@pytest.fixture
def copy(kept, tmp_path):
    """A copy to spoil, and the head of the original."""
    return Path(shutil.copy(kept[0], tmp_path / "copy.sqlite")), kept[1]


def content(file):
    with History(file) as history:
        return list(history.events()), history.parts()


def spoil(file, *statements):
    """What somebody does who knows SQLite: takes the triggers away, changes, puts them back."""
    database = sqlite3.connect(file, isolation_level=None)
    triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        database.execute(statement)
    for _, sql in triggers:
        database.execute(sql)
    database.close()


def test_the_chain_is_sha256_of_every_row_and_its_predecessor(kept):
    """Computed here with nothing of ours, as docs/history.md describes it."""
    import hashlib
    import json

    before = bytes(32)
    database = sqlite3.connect(kept[0])
    for *row, digest in database.execute("SELECT * FROM event ORDER BY seq"):
        text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
        before = hashlib.sha256(before + text.encode()).digest()
        assert before == digest
    assert verify(kept[0], kept[1]).findings == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET body = '{}' WHERE seq = 5",
        "DELETE FROM event WHERE seq = 60",
        "INSERT OR REPLACE INTO event SELECT seq, 0, 0, 1, 'note', part, serial, body, hash FROM event WHERE seq = 5",
        "INSERT INTO event SELECT seq - 1000, 0, 0, 1, 'note', part, serial, body, hash FROM event WHERE seq = 5",
    ],
)
def test_the_file_itself_forbids_changes(copy, statement):
    database = sqlite3.connect(copy[0])
    with pytest.raises(sqlite3.IntegrityError, match="history"):
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (["UPDATE event SET body = replace(body, 'clamp 7', 'clamp 8')"], "row 17 is not what was recorded"),
        (["UPDATE event SET time_us = time_us + 1 WHERE seq = 9"], "row 9 is not"),
        (["UPDATE event SET serial = 'S8' WHERE seq = 3"], "row 3 is not"),
        (
            ["UPDATE event SET seq = 100 WHERE seq = 11", "UPDATE event SET seq = 11 WHERE seq = 13"]
            + ["UPDATE event SET seq = 13 WHERE seq = 100"],
            "row 11 is not",
        ),
        (["DELETE FROM event WHERE seq = 20"], "row 20 is missing"),
        (["DELETE FROM event WHERE seq BETWEEN 20 AND 30"], "rows 20 to 30 are missing"),
        (["DELETE FROM event WHERE seq > 50"], "rows are missing at the end"),
    ],
)
def test_rows_changed_swapped_and_deleted_are_found(copy, statements, finding):
    file, head = copy
    spoil(file, *statements)
    assert finding in "\n".join(verify(file, head).findings)


def test_a_history_written_anew_is_found_by_the_kept_head(copy):
    """A consistent chain over a lie: nothing but the kept head tells."""
    file, head = copy
    database = sqlite3.connect(file)
    rows = [row[:-1] for row in database.execute("SELECT * FROM event ORDER BY seq")]
    database.close()
    rows[10] = (*rows[10][:-1], '{"text":"all is well"}')
    digest, statements = bytes(32), []
    for row in rows:
        digest = link(digest, row)
        body = row[-1].replace("'", "''")
        statements.append(f"UPDATE event SET body = '{body}', hash = x'{digest.hex()}' WHERE seq = {row[0]}")
    spoil(file, *statements)
    assert verify(file).intact
    assert "written anew" in verify(file, head).findings[0]


def test_a_missing_trigger_is_found(copy):
    database = sqlite3.connect(copy[0])
    database.execute("DROP TRIGGER event_update")
    database.close()
    assert verify(copy[0]).findings == ["missing or changed: CREATE TRIGGER event_update"]


def test_no_byte_of_the_file_changes_the_history_unseen(kept, tmp_path):
    """Either verify says so, or what is read is still exactly what was recorded (free space, counters)."""
    file, head = kept
    raw, before = file.read_bytes(), content(file)
    rng = random.Random(1)
    places = sorted({*range(100), *rng.sample(range(len(raw)), 250)} | {raw.find(b"clamp 7"), raw.rfind(b"clamp 7")})
    seen = 0
    for place in places:
        spoilt = bytearray(raw)
        spoilt[place] ^= 1 << rng.randrange(8)
        target = tmp_path / "spoilt.sqlite"
        target.write_bytes(spoilt)
        if verify(target, head).intact:
            assert content(target) == before, f"byte {place}"
        else:
            seen += 1
        for leftover in tmp_path.iterdir():
            leftover.unlink()
    assert seen > 100


def test_a_file_cut_off_is_found(copy):
    raw = copy[0].read_bytes()
    copy[0].write_bytes(raw[: len(raw) // 2])
    assert not verify(copy[0], copy[1]).intact


WRITER = """
import sys, threading
from twin.production.history_event import Event, now_us
from twin.production.history_writer import HistoryWriter
from pathlib import Path
def work(source):
    number = 0
    while True:
        number += 1
        events = [Event(now_us(), "observation", {"item": f"{source}", "value": number}) for _ in range(7)]
        last = writer.append(source, events)
        with lock:
            sys.stdout.write(f"{source} {number} {last}\\n")
            sys.stdout.flush()
lock = threading.Lock()
writer = HistoryWriter(Path(sys.argv[1]))
for k in range(3):
    threading.Thread(target=work, args=(writer.source("made", f"mill{k}"),)).start()
"""


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    file = tmp_path / "killed.sqlite"
    for _ in range(2):  # killed, opened again, killed again
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True)
        told = [process.stdout.readline() for _ in range(60)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
        assert process.wait(20) == -signal.SIGKILL
        assert verify(file).intact
        with History(file) as history:
            known = {event.seq: event for event in history.events()}
        whole = [line.split() for line in told if line.endswith("\n")]
        assert len(whole) >= 60
        for source, number, last in whole:
            group = [known[int(last) - k] for k in range(7)]
            assert {(e.source, e.body["value"]) for e in group} == {(int(source), int(number))}


def test_many_threads_and_two_writers_make_one_chain(tmp_path, monkeypatch):
    monkeypatch.setattr(history_writer, "MOST_WAITING", 50)  # so that those who give have to wait
    file = tmp_path / "many.sqlite"
    with HistoryWriter(file) as one, HistoryWriter(file) as two:

        def work(writer, machine):
            source = writer.source("made", machine)
            for k in range(40):
                writer.submit(source, [Event(BEGIN + k, "observation", {"item": "n", "value": k})] * 5)

        threads = [threading.Thread(target=work, args=(w, f"{n}{k}")) for n, w in enumerate((one, two)) for k in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verify(file).intact
    with History(file) as history:
        for seq, _ in history.sources().items():
            values = [e.body["value"] for e in history.events(source=seq, kinds=["observation"])]
            assert values == [k for k in range(40) for _ in range(5)]


def test_a_serial_number_a_kind_and_what_it_says_are_asked_for(tmp_path):
    with HistoryWriter(tmp_path / "h.sqlite") as writer:
        anna = writer.source("anna")
        for event, why in [
            (Event(BEGIN, "note", {"text": "x"}, part="bracket"), "has no serial number"),
            (Event(BEGIN, "note", {"text": "x"}, serial="7"), "has no part"),
            (Event(BEGIN, "sneezed", {}), "no event 'sneezed'.*known: "),
            (Event(BEGIN, "note", {}, part="bracket", serial="7"), "does not say its 'text'"),
            (Event(BEGIN, "release", {"decision": "maybe", "why": ""}, part="b", serial="7"), "'maybe' is no decision"),
            (Event(now_us() + 48 * 3600 * SECOND, "note", {"text": ""}, part="b", serial="7"), "yet to come"),
            (Event(BEGIN, "note", {"text": {1, 2}}, part="b", serial="7"), "JSON"),
        ]:
            with pytest.raises(InputError, match=why):
                writer.append(anna, [event])
    with History(tmp_path / "h.sqlite") as history:
        assert history.head().seq == 1  # the source alone


def test_a_machine_clock_that_runs_backwards_is_refused_also_after_a_restart(tmp_path):
    file = tmp_path / "h.sqlite"
    for _ in range(2):
        with HistoryWriter(file) as writer:
            mill = writer.source("shdr", "mill")
            later = [Event(BEGIN + 5, "observation", {"item": "n", "value": 1})]
            writer.append(mill, later)
            with pytest.raises(InputError, match="source shdr of mill ran backwards: 2026-01-05T08:00"):
                writer.append(mill, [Event(BEGIN + 4, "observation", {"item": "n", "value": 1})])
            writer.append(mill, later)


def test_a_recorder_behind_its_own_history_says_so(tmp_path, monkeypatch):
    file = tmp_path / "h.sqlite"
    with HistoryWriter(file) as writer:
        writer.source("anna")
    monkeypatch.setattr(history_writer, "now_us", lambda: now_us() - 7200 * SECOND)
    with pytest.raises(InputError, match="this computer's clock says .*runs backwards"):
        HistoryWriter(file)


def test_what_is_no_history_is_said(tmp_path):
    (tmp_path / "text").write_text("hello" * 1000)
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE a (b)")
    for name, why in (("text", "cannot be read"), ("other", "is no history"), ("none", "no history")):
        with pytest.raises(InputError, match=why):
            History(tmp_path / name)
    with pytest.raises(InputError, match="no head"):
        Head.parse("12:xyz")


def test_times_keep_their_microseconds():
    assert utc_text(utc_us("2017-02-01T13:59:35.093750Z")) == "2017-02-01T13:59:35.093750Z"
    assert utc_us("2017-02-01T14:59:35+01:00") == utc_us("2017-02-01T13:59:35")
