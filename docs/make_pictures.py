"""The picture of a part in the README: `python docs/make_pictures.py`."""

import tempfile
from pathlib import Path

from twin.job import run_scenario
from twin.view.picture import render

FIGURES = Path(__file__).parent / "figures"

with tempfile.TemporaryDirectory() as folder:
    run = run_scenario(["scenario=rib_panel_7075"], outputs=Path(folder), picture=False)
    render(run, FIGURES / "rib_panel_7075_deviation.png")
