"""The live board: what every machine does, in a browser on this computer, read only."""

import json
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hardware.serve.mtconnect_agent import AgentHandler, AgentServer
from hardware.serve.mtconnect_options import LOOPBACK, MtconnectServerOptions, check_options
from hardware.serve.mtconnect_requests import Stream
from hardware.shop.collect import Shop
from hardware.shop.feed import Feed, Word
from twin.errors import InputError
from twin.production.history_event import SECOND, now_us, utc_text
from twin.production.machine_log import MachineLog
from twin.production.machine_states import Said, State, Timeline, timeline
from twin.production.oee import ELEMENTS, Quantities, figures, times_of

PAGE = Path(__file__).with_name("board.html")
MOST_STATES = 2000  # of a band that are sent
MOST_MESSAGES = 5  # of a source that are sent


class Board:
    """Answers a browser: the page, and every second what is new."""

    def __init__(self, shop: Shop):
        self._shop, self._page = shop, PAGE.read_text(encoding="utf-8")

    def answer(self, uri: str) -> tuple[int, str | Stream]:
        """The page, or the state of the shop as JSON."""
        path = uri.partition("?")[0]
        if path == "/":
            return 200, self._page
        if path == "/board.json":
            return 200, json.dumps(state_of(self._shop), allow_nan=False)
        return 404, self.refusal("NotFound", f"there is nothing at {path[:80]}", path)

    def refusal(self, code: str, message: str, uri: str) -> str:
        """JSON that says what is wrong."""
        return json.dumps({"error": code, "message": message})


class BoardHandler(AgentHandler):
    """One connection of a browser."""

    @property
    def content_type(self) -> str:  # type: ignore[override]
        kind = "text/html" if self.path.partition("?")[0] == "/" else "application/json"
        return f"{kind}; charset=utf-8"

    def do_GET(self) -> None:
        """Only under the name of this computer: a page from elsewhere may not read through a name of its own."""
        name = self.headers.get("Host", "").rsplit(":", 1)[0].strip("[]")
        if name not in {*LOOPBACK, self.server.options.host}:
            self._refuse(403, "Forbidden", "the board does not answer under this name")
            return
        super().do_GET()

    do_HEAD = do_GET


def serve_board(
    shop: Shop,
    options: MtconnectServerOptions,
    stop: threading.Event,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve the board until ``stop`` is set.

    Args:
        ready: told the address once a browser can connect.

    Raises:
        InputError: the port is taken, or the address is not this computer's own and nobody said that it may be.
    """
    check_options(options)
    try:
        server = AgentServer(Board(shop), options, stop, BoardHandler)
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise InputError(f"cannot serve at {where}: {error.strerror}", remedy="choose another --port") from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        ready(f"http://{options.host}:{server.server_address[1]}/")
        stop.wait()
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join(options.timeout)


def state_of(shop: Shop) -> dict[str, Any]:
    """Everything that the page shows; JSON."""
    return {
        "now": utc_text(now_us()),
        "store": {"file": shop.store.name, "rows": shop.writer.written, "waiting": shop.writer.waiting},
        "machines": [_machine(feed, shop.options.silence) for feed in shop.feeds],
        "elements": [{"name": name, "key": key, "definition": text} for name, key, text in ELEMENTS],
    }


def _machine(feed: Feed, silence: float) -> dict[str, Any]:
    with feed.lock:
        words = {item: list(said) for item, said in feed.seen.words.items()}
        values, gaps = dict(feed.seen.values), list(feed.seen.gaps)
        last, n = feed.seen.last_us, feed.seen.n_events
    intake, shift = feed.intake, feed.shift
    losses = intake.losses if intake is not None else None
    messages = list(losses.messages) if losses else []
    messages += getattr(getattr(feed.source, "losses", None), "messages", [])
    found: dict[str, Any] = {
        "name": feed.machine,
        "address": feed.address,
        "status": feed.status,
        "why": feed.why,
        "played": feed.played,
        "values": values,
        "events": n,
        "gaps": len(gaps),
        "lost": losses.lost if losses else 0,
        "delay_s": round(feed.delay, 3),
        "clock_added_s": round(shift.added, 3) if shift else 0.0,
        "messages": messages[-MOST_MESSAGES:],
        "state": State.UNOBSERVED.name.lower(),
        "band": [],
        "figures": [],
    }
    first = next((when for when, word in words.get("execution", []) if word != "UNAVAILABLE"), None)
    if first is not None:
        try:
            found |= _figures(feed, words, first, last, gaps, silence)
        except InputError as error:
            found["why"] = str(error)
    return found


def _figures(
    feed: Feed, words: dict[str, list[Word]], first: int, last: int, gaps: list[tuple[int, int]], silence: float
) -> dict[str, Any]:
    """State, band of states and figures since the first word."""
    end = last if feed.played or feed.status == "ended" else max(now_us(), last)
    if end - last > silence * SECOND or feed.status == "lost":
        gaps = [*gaps, (last, end)]
    if end <= first:
        return {}
    said = {item: _said(rows) for item, rows in words.items()}
    line = timeline(said["execution"], said.get("mode"), first, end, gaps)
    times, word = times_of(line), words["execution"][-1][1]
    produced = MachineLog(feed.machine, said, line.edge_us).counted(first, end)
    share = feed.options.good_share
    good = None if share is None or produced is None else round(share * produced)
    quantities = Quantities(produced, good, feed.options.planned_run_time)
    return {
        "state": (State.UNOBSERVED if word == "UNAVAILABLE" else State(int(line.state[-1]))).name.lower(),
        "word": word,
        "since": utc_text(int(line.edge_us[-2])),
        "begin_ms": first / 1e3,
        "end_ms": end / 1e3,
        "band": _band(line),
        "times_s": {key: _finite(getattr(times, key)) for _, key, _ in ELEMENTS},
        "parts": produced,
        "figures": [
            {
                "name": row.name,
                "value": _finite(row.value),
                "low": _finite(row.low),
                "high": _finite(row.high),
                "unit": row.unit,
                "definition": row.definition,
                "why": row.why,
            }
            for row in (figures(times, quantities) if times.planned > times.unobserved else ())
        ],
    }


def _said(rows: list[Word]) -> Said:
    return Said(np.array([t for t, _ in rows], np.int64), np.array([w for _, w in rows], object))


def _band(line: Timeline) -> list[list[Any]]:
    """Begin and end [ms since 1970] and state, the last ones."""
    rows = zip(line.edge_us[:-1].tolist(), line.edge_us[1:].tolist(), line.state.tolist(), strict=True)
    return [[a / 1e3, b / 1e3, State(s).name.lower()] for a, b, s in rows][-MOST_STATES:]


def _finite(value: float) -> float | None:
    return round(float(value), 3) if math.isfinite(value) else None
