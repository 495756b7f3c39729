"""Pictures of docs/history.md and docs/shopfloor.md: `python docs/make_shopfloor_figures.py` (a minute).

The traced part is plate 10 of NIST: what the twin predicts, the log of the machine, the reports of two laboratories.
The note is NIST's own (setup_and_tooling.xlsx); the release is an example, nobody decided so.
"""

import gzip
import tempfile
import threading
import time
from pathlib import Path

from hardware.serve.mtconnect_options import MtconnectServerOptions
from hardware.shop.board import serve_board
from hardware.shop.collect import Shop
from hardware.shop.options import MachineOptions, ShopOptions
from twin.data import recording
from twin.job import run_scenario
from twin.production.history import History
from twin.production.history_event import now_us
from twin.production.history_part import trace
from twin.production.history_recorder import Request, record
from twin.production.history_run import PartName, ShopFacts
from twin.production.history_writer import append
from twin.production.machine_log import from_logs
from twin.view.history import draw_trace
from twin.view.oee import draw_days

FIGURES = Path(__file__).parent / "figures"
MAZAK = "nist_mazak_spindle/Mazak01-{}.shdr.gz"
DAYS = ("20161129-20161130", "20170627-20170628", "20171115-20171116")
SILENCE = 300 * 10**6  # [µs]
CHROMIUM = "/usr/bin/chromium"


def trace_figure(folder: Path) -> None:
    """One plate from program to release."""
    part, store = PartName("nist_plate", "10"), folder / "history.sqlite"
    run = run_scenario(["scenario=nist_plate", "scenario.plate=10"], outputs=folder, picture=False)
    reports = {"NIST": recording("nist_plates/nist_mitutoyo.qif"), "MTC": recording("nist_plates/mtc_nikon.qif")}
    log = recording("nist_plates/plate_10.shdr.gz")
    for line in record(store, Request(run, part, ShopFacts(machine="hurco04"), log, reports)):
        print(line)
    note = {"text": "Longer tool lengths caused more vibration thus more chatter on the finish"}
    append(store, "operator at NIST", part.event(now_us(), "note", note))
    why = {"decision": "rejected", "why": "example: holes of 4 mm are 0.1 mm and more too large in both reports"}
    append(store, "example", part.event(now_us(), "release", why))
    with History(store) as history:
        draw_trace(trace(history, "nist_plate/10")).savefig(FIGURES / "trace_nist_plate_10.png", dpi=90)


def days_figure() -> None:
    """States of the Mazak on its three days."""
    logs = [from_logs([recording(MAZAK.format(day))], f"Mazak01, {day[:4]}-{day[4:6]}-{day[6:8]}") for day in DAYS]
    days = [(log.name, log.timeline(None, None, SILENCE)) for log in logs]
    draw_days(days, "time of day UTC").savefig(FIGURES / "oee_mazak_days.png", dpi=110)


def board_figure(folder: Path) -> None:
    """The live board with a day of the Mazak and a plate of the Hurco, played as fast as they are read."""

    def played(file: str, **items: str) -> dict[str, object]:
        channels: dict[str, dict[str, str]] = {name: {"item": item} for name, item in items.items()}
        if "feed_mm_min" in channels:
            channels["feed_mm_min"]["unit"] = "INCH/MINUTE"
        return {"kind": "shdr", "file": file, "time_factor_ratio": None, "channels": channels}

    first_run = gzip.decompress(recording("nist_plates/plate_02.shdr.gz").read_bytes()).partition(b"Part_Count|1067\n")
    (folder / "plate_02.shdr").write_bytes(first_run[0] + first_run[1])
    mazak = {"execution": "execution", "mode": "mode", "spindle_degc": "Stemp", "power_on_s": "total_time"}
    hurco = {"execution": "Program_Status", "part_count": "Part_Count", "feed_mm_min": "Feed_Rate"}
    machines = {
        "mazak01": MachineOptions(source=played(f"data:{MAZAK.format(DAYS[2])}", **mazak)),
        "hurco04": MachineOptions(
            source=played(str(folder / "plate_02.shdr"), **hurco), planned_run_time=953.0, good_share=1.0
        ),
    }
    from playwright.sync_api import sync_playwright

    stop, found = threading.Event(), list[str]()
    with Shop(ShopOptions(machines=machines), folder / "board.sqlite") as shop, sync_playwright() as play:
        options = MtconnectServerOptions(port=0)
        threading.Thread(target=serve_board, args=(shop, options, stop, found.append), daemon=True).start()
        for _ in range(300):
            if found and shop.ended:
                break
            time.sleep(0.1)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(found[0])
        page.locator("article").nth(1).wait_for()
        page.screenshot(path=FIGURES / "board.png")
        browser.close()
        stop.set()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        days_figure()
        board_figure(Path(name))
        trace_figure(Path(name))
