"""The page in Debian's Chromium: one server and one browser for all tests, and nothing is fetched from elsewhere."""

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import asdict

import matplotlib
import numpy as np
import pytest
from PIL import Image

from twin.view.apart import Order

pytestmark = [pytest.mark.chromium, pytest.mark.gl]
CHROMIUM = "/usr/bin/chromium"
SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # for the page of a file
PATIENCE = 20_000  # [ms] of one expectation
BLUE, PINK = (np.array(matplotlib.colormaps["RdBu_r"](v)[:3]) * 255 for v in (0.0, 0.75))  # -50 and +25 um of 50


@pytest.fixture(scope="module")
def address(two_coloured, small_run):
    """Where the view of the two-coloured run beside the run itself is served."""
    order = json.dumps(asdict(Order(str(two_coloured), str(small_run), host="127.0.0.1")))
    command = [sys.executable, "-m", "twin.view.apart"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        overdue = threading.Timer(150, server.kill)
        overdue.start()
        assert server.stdin and server.stdout
        server.stdin.write(order)
        server.stdin.close()
        told = server.stdout.readline().strip()
        overdue.cancel()
        yield told
        server.terminate()


@pytest.fixture(scope="module")
def browser():
    """The one browser of these tests."""
    if not shutil.which(CHROMIUM):
        message = "needs the browser (apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *SOFTWARE_GL], timeout=30_000)
        yield browser
        browser.close()


def opened(browser, address, size):
    """A page of the browser; its ``asked`` are the addresses that it has asked for."""
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.set_default_timeout(PATIENCE)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(address)
    return page


@pytest.fixture(scope="module")
def page(address, browser):
    """The view in the browser."""
    page = opened(browser, address, (1280, 800))
    page.locator("#play").wait_for()
    yield page
    page.close()


def seen(page):
    """The picture of the part, (row, column, 3)."""
    png = page.locator("#view").screenshot()
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def pixels(picture, colour, tolerance=12):
    return int((np.abs(picture - colour).max(axis=-1) <= tolerance).sum())


def soon(condition, seconds=20.0):
    """Wait until ``condition`` holds; the last value of it."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return value


def choose(page, control, text):
    """Open the list ``control`` and choose ``text``."""
    page.locator(f"#{control}").locator("xpath=ancestor::*[contains(@class,'v-select')][1]").click()
    page.locator(".v-overlay--active .v-list-item", has_text=text).first.click()


def clock(page):
    return float(page.locator("#clock").inner_text().split()[0])


def shown_yellow(page):
    """Pixels of the cutter (pixel, 2), whatever the light."""
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    red, green, blue = picture[:, :750].transpose(2, 0, 1)
    return np.argwhere((red > 60) & (blue < 0.1 * red) & (np.abs(green - 0.76 * red) < 0.08 * red))


def thumb(page, control):
    return page.locator(f"#{control}").locator("xpath=ancestor-or-self::*[contains(@class,'v-slider')][1]").locator(
        "[role=slider]"
    )  # fmt: skip


def test_the_address_is_of_this_machine_alone(address):
    assert address.startswith("http://127.0.0.1:")


def test_three_views_at_first_then_one(page):
    """Two runs are compared at first: the made-up blue is seen in A and not in B."""
    assert soon(lambda: pixels(seen(page), BLUE) > 1_000)
    third = seen(page).shape[1] // 3
    assert pixels(seen(page)[:, :third], BLUE) > 1_000
    assert pixels(seen(page)[:, third : third + int(0.8 * third)], BLUE) < 100  # without the scalar bar
    page.locator("#compare").click()
    assert soon(lambda: pixels(seen(page), BLUE) > 10_000)


def test_the_slider_moves_the_tool(page):
    before = seen(page)
    thumb(page, "time").focus()
    page.keyboard.press("Home")
    assert soon(lambda: clock(page) == 0.0)
    assert soon(lambda: np.abs(seen(page) - before).mean() > 1)
    assert soon(lambda: pixels(seen(page), BLUE) < 8_000)  # the stock lies on it
    page.keyboard.press("End")
    assert soon(lambda: pixels(seen(page), BLUE) > 10_000)


def test_play_runs_and_stops(page):
    choose(page, "speed", "1 x")
    page.locator("#play").click()  # from the start again
    assert soon(lambda: 0.5 < clock(page) < 100)
    first = clock(page)
    assert soon(lambda: clock(page) > first)
    page.locator("#play").click()
    assert soon(lambda: page.locator("#play").inner_text().lower() == "play")
    page.wait_for_timeout(500)  # a frame may be on its way
    stopped = clock(page)
    page.wait_for_timeout(500)
    assert clock(page) == stopped
    thumb(page, "time").focus()
    page.keyboard.press("End")


def test_another_colour(page):
    choose(page, "field", "peak force [N]")
    yellow = (253, 231, 37)  # the end of viridis, in the scalar bar at least
    assert soon(lambda: pixels(seen(page), yellow) > 50)
    assert pixels(seen(page), BLUE) < 100
    choose(page, "field", "deviation [µm]")
    assert soon(lambda: pixels(seen(page), BLUE) > 10_000)


def test_a_section(page):
    whole = pixels(seen(page), BLUE)
    assert pixels(seen(page), PINK) > 5_000
    choose(page, "section", "x")
    assert soon(lambda: pixels(seen(page), PINK) < 1_000)
    assert pixels(seen(page), BLUE) > 0.5 * whole
    assert "x = 30.0 mm" in page.locator("body").inner_text()  # through the middle, of each axis its own
    choose(page, "section", "y")
    assert soon(lambda: "y = 20.0 mm" in page.locator("body").inner_text())
    choose(page, "section", "off")
    assert soon(lambda: pixels(seen(page), PINK) > 5_000)


def test_a_click_tells_of_the_point(page):
    """A click on the blue half of the slot's floor."""
    blue = np.argwhere(np.abs(seen(page)[:, :750] - BLUE).max(axis=-1) <= 12)
    row, column = np.median(blue, axis=0)
    box = page.locator("#view").bounding_box()
    page.mouse.click(box["x"] + column, box["y"] + row)
    page.locator("#point-heading").wait_for()
    assert "line 6" in page.locator("#point-heading").inner_text()
    assert page.locator("#point-line").inner_text().strip() == "G1 X70 F1200"
    rows = page.locator("#point-numbers").inner_text()
    assert "deviation" in rows and "1,200" in rows
    assert page.locator("#point-history").evaluate("image => image.naturalWidth") > 300


def test_nothing_came_from_elsewhere(page, address):
    assert page.asked and all(url.startswith((address, "data:", "blob:")) for url in page.asked), page.asked


def test_a_file_shows_the_part_and_its_values_without_a_network(browser, two_coloured, tmp_path):
    """Colours equal the map, a click tells the value, another quantity and an earlier time can be chosen."""
    from twin.view.stage.files import save_page
    from twin.view.stage.loaded import load_run
    from twin.view.stage.stage import Stage

    stage = Stage(load_run(two_coloured))
    cutting = stage.run.segment["time_s"][stage.run.segment["removed_mm3"] > 0, 0]
    duration = stage.run.duration
    save_page(stage, tmp_path / "part.html")
    stage.plotter.close()
    page = opened(browser, f"file://{tmp_path / 'part.html'}", (900, 600))
    page.locator("body[data-drawn=yes]").wait_for(state="attached")

    def shown(colour):
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        return np.argwhere(np.abs(np.asarray(picture)[:, :750] - colour).max(axis=-1) <= 2)  # without the scalar bar

    assert min(len(shown(PINK)), len(shown(BLUE))) > 3_000
    row, column = np.median(shown(BLUE), axis=0)
    page.mouse.click(column, row)
    assert "deviation [µm]: -50" in page.locator("#told").inner_text()
    assert page.locator(".bar").inner_text().split() == ["deviation", "[µm]", "-50", "-25", "0", "25", "50"]
    page.locator("#time").fill("0")
    assert len(shown(BLUE)) < 300
    page.locator("#time").fill("1")
    page.locator("#field").select_option(label="peak force [N]")
    assert len(shown(PINK)) < 300 and "peak force [N]" in page.locator(".bar").inner_text()
    tool = []
    begin, *_, end = cutting
    for part in (0.3, 0.7):  # the tool runs along the slot, to the right
        page.locator("#time").fill(str((begin + part * (end - begin)) / duration))
        tool.append(np.median(shown_yellow(page), axis=0)[1])
        assert "line 6" in page.locator("#clock").inner_text()
    assert tool[1] - tool[0] > 50
    page.locator("#speed").select_option("1")
    page.locator("#play").click()
    first = clock(page)
    assert soon(lambda: clock(page) > first)
    page.locator("#play").click()
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()
