"""Draws inspection.png: plate 10 of NIST, milled with long tools, predicted against the report of one laboratory."""

import tempfile
from pathlib import Path

from twin.data import recording
from twin.inspect_run import inspect_run
from twin.job import run_scenario
from twin.view.inspection_report import draw_comparison

HERE = Path(__file__).parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = run_scenario(["scenario=nist_plate", "scenario.plate=10"], outputs=Path(folder), picture=False)
        inspected = inspect_run(run, against=recording("nist_plates/mtc_nikon.qif"))
    figure = draw_comparison(inspected)
    figure.savefig(HERE / "inspection.png", dpi=90)


if __name__ == "__main__":
    main()
