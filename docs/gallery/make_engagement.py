"""Draws engagement.png: where the tools of the rib panel's program touch stock."""

from pathlib import Path

from twin.scenario import load_scenario
from twin.simulate import machine
from twin.view.engagement import draw_engagement

HERE = Path(__file__).parent


def main() -> None:
    scenario = load_scenario("scenario=rib_panel_7075")
    machining = machine(scenario, print)
    figure = draw_engagement(machining.cut.engagement, machining.toolpath, machining.time, scenario.part.title)
    figure.savefig(HERE / "engagement.png", dpi=90)


if __name__ == "__main__":
    main()
