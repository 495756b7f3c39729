"""The pictures of docs/view.md: `python docs/make_view_pictures.py [RUN_OF_THE_RIB_PANEL RUN_OF_A_PLATE]`.

The page in the browser is photographed in Chromium (Debian package chromium).
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from twin.job import run_scenario
from twin.view.apart import Order, carry_out

FIGURES = Path(__file__).parent / "figures"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        panel, plate = sys.argv[1:] or (
            str(run_scenario([f"scenario={name}"], outputs=Path(folder), picture=False))
            for name in ("rib_panel_7075", "nist_plate")
        )
        draw("view_machining", Order(panel, time=880.0, layers=("stock", "tool", "path")))
        draw("view_section", Order(panel, field="force_n", section=("y", 40.0), layers=("stock",)))
        draw("view_measured", Order(plate, compare=True, layers=()))
        photograph("view_point", Order(panel, time=880.0, host="127.0.0.1"))


def draw(name: str, order: Order) -> None:
    file = FIGURES / f"{name}.png"
    carry_out(Order(**{**asdict(order), "file": str(file)}))
    smaller(file)


def photograph(name: str, order: Order) -> None:
    """The page with the middle of a floor picked."""
    command = [sys.executable, "-m", "twin.view.apart"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdin and server.stdout
        server.stdin.write(json.dumps(asdict(order)))
        server.stdin.close()
        address = server.stdout.readline().strip()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(address)
            page.locator("#play").wait_for(timeout=60_000)
            page.wait_for_timeout(5_000)
            page.mouse.click(400, 545)
            page.locator("#point-heading").wait_for(timeout=60_000)
            page.wait_for_timeout(8_000)
            page.screenshot(path=FIGURES / f"{name}.png")
            browser.close()
        server.terminate()
    smaller(FIGURES / f"{name}.png")


def smaller(file: Path) -> None:
    """The same picture in fewer bytes; its colours must stay those of the scalar bar."""
    with Image.open(file) as picture:
        picture.convert("RGB").save(file, optimize=True)


if __name__ == "__main__":
    main()
