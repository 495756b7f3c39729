"""The live board in a real browser: what it shows is what the logs say."""

import json
import os
import shutil
import threading
import time
import urllib.error
import urllib.request

import pytest
from mtconnect_agents import Adapter, iso

from hardware.serve.mtconnect_options import MtconnectServerOptions
from hardware.shop.board import serve_board
from hardware.shop.collect import Shop
from hardware.shop.options import MachineOptions, ShopOptions
from twin.errors import InputError
from twin.production.machine_log import from_logs
from twin.production.oee import Quantities, figures, times_of

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 20.0  # [s]
SILENCE = 300 * 10**6
MAZAK, HURCO = "nist_mazak_spindle/Mazak01-20161129-20161130.shdr.gz", "nist_plates/plate_02.shdr.gz"
NASTY = "mill <img src=x onerror=alert(1)>"
PRI = 953.0


class Served:
    """A board of some machines on a port of its own."""

    def __init__(self, options, store):
        self.shop, self._stop, found, ready = Shop(options, store), threading.Event(), [], threading.Event()
        self.shop.__enter__()

        def tell(url):
            found.append(url)
            ready.set()

        arguments = (self.shop, MtconnectServerOptions(port=0, n_requests_per_second=1000), self._stop, tell)
        self._thread = threading.Thread(target=serve_board, args=arguments, daemon=True)
        self._thread.start()
        assert ready.wait(PATIENCE)
        self.url = found[0]

    def end(self):
        self._stop.set()
        self._thread.join(PATIENCE)


@pytest.fixture(scope="module")
def served(data_dir, tmp_path_factory):
    """The Mazak's day, a plate of the Hurco with parts and a planned time, and a machine that cannot be reached."""

    def played(file, channels):
        return {"kind": "shdr", "file": str(data_dir / file), "time_factor_ratio": None, "channels": channels}

    mazak = {"execution": {"item": "execution"}, "mode": {"item": "mode"}, "spindle_degc": {"item": "Stemp"}}
    mazak["power_on_s"] = {"item": "total_time"}  # speaks every second: the machine is there
    hurco = {"execution": {"item": "Program_Status"}, "part_count": {"item": "Part_Count"}}
    hurco["feed_mm_min"] = {"item": "Feed_Rate", "unit": "INCH/MINUTE"}
    nobody = {"kind": "shdr", "url": "shdr://127.0.0.1:9", "channels": {"execution": {"item": "execution"}}}
    machines = {
        "mazak01": MachineOptions(source=played(MAZAK, mazak)),
        "hurco04": MachineOptions(source=played(HURCO, hurco), planned_run_time=PRI, good_share=0.5),
        NASTY: MachineOptions(source=nobody),
    }
    board = Served(ShopOptions(machines=machines, retry=60.0), tmp_path_factory.mktemp("board") / "shop.sqlite")
    deadline = time.monotonic() + PATIENCE
    while sum(feed.status == "ended" for feed in board.shop.feeds) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    yield board
    board.end()
    board.shop.__exit__(None, None, None)


def get(url, method="GET", **headers):
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.mark.data
def test_what_is_served_is_what_the_logs_say(served, data_dir):
    status, kind, text = get(served.url + "board.json")
    assert status == 200 and kind.startswith("application/json")
    mazak, hurco, nobody = json.loads(text)["machines"]
    log = from_logs([data_dir / MAZAK])
    line = log.timeline(None, None, SILENCE)
    times = times_of(line)
    assert mazak["status"] == "ended" and nobody["status"] == "lost" and "refused" in nobody["why"]
    for key in ("planned", "production", "setup", "delay", "down", "unobserved"):
        assert mazak["times_s"][key] == pytest.approx(getattr(times, key), abs=1.0), key
    plate = from_logs([data_dir / HURCO])
    first = plate.observed_us()[0]
    expected = figures(times_of(plate.timeline(first, None, SILENCE)), Quantities(2, 1, PRI))
    shown = {row["name"]: row for row in hurco["figures"]}
    assert hurco["parts"] == 2
    for row in expected:
        assert shown[row.name]["value"] == pytest.approx(row.value, rel=0.01), row.name
        assert shown[row.name]["definition"] == row.definition


@pytest.mark.data
def test_nobody_may_write_and_nothing_else_is_there(served):
    for method in ("POST", "PUT", "DELETE"):
        assert get(served.url + "board.json", method)[0] == 405
    assert get(served.url + "../../etc/passwd")[0] == 404
    assert get(served.url, Host="evil.example:80")[0] == 403  # a name that somebody else points at this computer
    assert get(served.url)[1].startswith("text/html")
    with pytest.raises(InputError, match="lets everybody on the network read"):
        serve_board(served.shop, MtconnectServerOptions(host="0.0.0.0", port=0), threading.Event())


@pytest.fixture(scope="module")
def page(served):
    if not shutil.which(CHROMIUM):
        message = "needs the browser (apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=30_000)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(1000 * PATIENCE)
        page.trouble = []
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("dialog", lambda dialog: page.trouble.append("a name was run as a script"))
        page.goto(served.url)
        page.locator("article").nth(2).wait_for()
        yield page
        browser.close()


@pytest.mark.data
@pytest.mark.chromium
def test_the_page_shows_every_machine_with_state_figures_and_definitions(page, served):
    mazak, hurco, nobody = (page.locator("article").nth(k) for k in range(3))
    state = json.loads(get(served.url + "board.json")[2])["machines"]
    assert mazak.locator("h2").inner_text().startswith("mazak01")
    bars = mazak.locator("rect.bar").count()
    assert bars == len(state[0]["band"]) > 150
    production = [a["x"] for a in page.evaluate(WIDTHS, "mazak01")]
    times = state[0]["times_s"]
    assert sum(production) == pytest.approx(1000 * times["production"] / times["planned"], rel=0.02)
    oee = hurco.locator("tr.oee td")
    value = next(row for row in state[1]["figures"] if row["name"] == "OEE index")["value"]
    assert oee.nth(1).inner_text() == f"{value:.1f} %"
    assert "effectiveness" in oee.nth(3).inner_text()
    assert mazak.locator("tr.oee td").nth(1).inner_text() == "–"
    assert "PQ is not known" in mazak.locator("tr.oee td").nth(3).inner_text()
    assert "parts 2" in hurco.inner_text() and "feed_mm_min" in hurco.inner_text()
    assert nobody.locator("h2").inner_text().startswith(NASTY)  # as text, not as markup
    assert "refused" in nobody.locator(".trouble").inner_text()
    assert "actual production time APT" in page.locator("footer").inner_text()
    assert page.trouble == []


WIDTHS = """name => [...document.querySelectorAll(`article[data-machine="${name}"] rect.production`)]
  .map(bar => ({x: +bar.getAttribute("width")}))"""


@pytest.mark.data
@pytest.mark.chromium
def test_what_a_live_machine_does_is_on_the_page_at_once(page, tmp_path):
    with Adapter() as adapter:
        channels = {"execution": {"item": "execution"}, "mode": {"item": "mode"}}
        source = {"kind": "shdr", "url": adapter.url, "settle_ms": 20, "channels": channels}
        board = Served(ShopOptions(machines={"mill": MachineOptions(source=source)}), tmp_path / "shop.sqlite")
        live = page.context.browser.new_page()
        live.goto(board.url)
        badge = live.locator("h2 .badge")
        for word, mode, shown in [
            ("ACTIVE", "AUTOMATIC", "production · ACTIVE"),
            ("FEED_HOLD", "AUTOMATIC", "delay · FEED_HOLD"),
            ("READY", "MANUAL", "set-up · READY"),
            ("UNAVAILABLE", "UNAVAILABLE", "unobserved · UNAVAILABLE"),
        ]:
            adapter.send(f"{iso(time.time())}|execution|{word}|mode|{mode}\n")
            badge.get_by_text(shown, exact=True).wait_for(timeout=8000)
        live.close()
        board.end()
        board.shop.__exit__(None, None, None)


@pytest.mark.data
@pytest.mark.chromium
def test_a_board_that_is_gone_is_said_on_the_page(page, served):
    assert page.locator("#silent").is_hidden()
    served.end()
    page.locator("#silent", has_text="does not answer").wait_for()
    assert page.locator("article").count() == 3  # what was known stays
    assert page.trouble == []
