"""Draws compensation.png: the freeform pocket with Sinumerik cross tables, part and machine error before and after."""

import sys
from pathlib import Path

import yaml

from twin.compensation.outcome import compensated
from twin.compensation.settings import CompensationSettings
from twin.config import build
from twin.resources import shared_folder
from twin.scenario import load_scenario
from twin.view.compensation import draw_compensation

HERE = Path(__file__).parent


def main() -> None:
    scenario = load_scenario("scenario=freeform_pocket")
    file = shared_folder("conf") / "compensation" / "siemens_cec.yaml"
    settings = build(CompensationSettings, yaml.safe_load(file.read_text()), file=file)
    outcome = compensated(scenario, settings, lambda stage: print(stage, file=sys.stderr))
    draw_compensation(outcome, f"{scenario.part.title}: Sinumerik CEC", HERE / "compensation.png", dpi=80)


if __name__ == "__main__":
    main()
