"""The pictures of parts in the README: `python docs/make_pictures.py`."""

import tempfile
from pathlib import Path

from twin.job import run_scenario
from twin.view.picture import render

FIGURES = Path(__file__).parent / "figures"

with tempfile.TemporaryDirectory() as folder:
    for scenario in ("rib_panel_7075", "nist_plate", "freeform_pocket"):
        run = run_scenario([f"scenario={scenario}"], outputs=Path(folder), picture=False)
        render(run, FIGURES / f"{scenario}_deviation.png")
