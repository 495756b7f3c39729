"""Events a second that a history takes, durable when acknowledged: python tests/benchmarks/bench_history.py [seconds]

Four machines give events at once; all are on disk (fsync) when the clock stops. Beside it, in the same run, what the
same SQLite does with one transaction an event, and how long verification takes.
"""

import os
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

from twin.production.history_event import Event, now_us
from twin.production.history_verify import verify
from twin.production.history_writer import HistoryWriter

MACHINES, GROUP, CHUNKS = 4, 500, 6


def sustained(file: Path, seconds: float) -> tuple[list[float], float, float]:
    """Events a second in each sixth of the time, processor seconds used, longest wait for an acknowledgement [s]."""
    stop = time.perf_counter() + seconds
    counts: list[tuple[float, int]] = []
    waits: list[float] = []
    lock = threading.Lock()
    used = time.process_time()

    def give(writer: HistoryWriter, machine: int) -> None:
        source = writer.source("bench", f"mill{machine}")
        number = 0
        while time.perf_counter() < stop:
            now = now_us()
            events = [
                Event(now, "observation", {"item": "Xabs_mm", "value": 0.001 * (number + k)}) for k in range(GROUP)
            ]
            number += GROUP
            begun = time.perf_counter()
            future = writer.submit(source, events)
            if number % (20 * GROUP) == 0:
                future.result()
                with lock:
                    waits.append(time.perf_counter() - begun)
            with lock:
                counts.append((time.perf_counter(), GROUP))

    begin = time.perf_counter()
    with HistoryWriter(file) as writer:
        threads = [threading.Thread(target=give, args=(writer, k)) for k in range(MACHINES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    end = time.perf_counter()
    used = time.process_time() - used
    rates = []
    for k in range(CHUNKS):
        low, high = begin + (end - begin) * k / CHUNKS, begin + (end - begin) * (k + 1) / CHUNKS
        rates.append(sum(n for t, n in counts if low <= t < high) / (high - low))
    return rates, used, max(waits, default=float("nan"))


def one_by_one(file: Path, n: int) -> float:
    """Plain SQLite, the same durability, a transaction an event."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, time_us INTEGER, body TEXT)")
    begin = time.perf_counter()
    for k in range(n):
        database.execute("INSERT INTO event VALUES (?, ?, ?)", (k, now_us(), '{"item":"Xabs_mm","value":0.001}'))
    rate = n / (time.perf_counter() - begin)
    database.close()
    return rate


def main(seconds: float = 30.0) -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TWIN_BENCH_DIR")) as folder:
        file = Path(folder) / "history.sqlite"
        rates, used, wait = sustained(file, seconds)
        begin = time.perf_counter()
        verdict = verify(file)
        checked = time.perf_counter() - begin
        single = one_by_one(Path(folder) / "plain.sqlite", 2000)
        n, size = verdict.head.seq, file.stat().st_size
    assert verdict.intact
    load = os.getloadavg()[0]
    print(f"{n:,} events in {seconds:g} s by {MACHINES} machines; other load on this computer {load:.1f} at the end")
    print(f"  events a second, by sixths of the time   {', '.join(f'{rate:,.0f}' for rate in rates)}")
    print(f"  events a second of processor time        {n / used:,.0f}")
    print(f"  longest wait for an acknowledgement      {1e3 * wait:,.0f} ms")
    print(f"  bytes an event                           {size / n:,.0f}")
    print(f"  verified                                 {n / checked:,.0f} events a second")
    print(f"  plain SQLite, one transaction an event   {single:,.0f} events a second")


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:]))
