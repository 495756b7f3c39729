"""Draws wear_nasa.png (each of NASA's tools predicted from the others) and tool_life.png (Ti-6Al-4V, three speeds)."""

from pathlib import Path

import numpy as np
import yaml

from twin.config import build
from twin.cutting.wear import (
    WearReadings,
    WearTable,
    fit_wear,
    life_used,
    predict_wear,
    tool_life,
    wear_over_parts,
)
from twin.data import recording
from twin.formats.wear_table import read_milling_wear
from twin.resources import shared_folder
from twin.units import MINUTE, MM
from twin.view.wear import WearCurve, draw_tool_life, draw_wear_curves

HERE = Path(__file__).parent


def wear_nasa() -> None:
    table = read_milling_wear(recording("nasa_milling_wear/process_info.csv"))
    worn = table.wear > 0  # a new tool has no logarithm
    values = (table.case, table.time, table.wear, table.feed, table.depth, table.material == "steel")
    readings = WearReadings(*(value[worn] for value in values))
    curves = []
    for case in np.unique(readings.tool):
        mine = readings.of(readings.tool == case)
        time = np.linspace(1, mine.time.max() / MINUTE, 40) * MINUTE
        row = np.zeros(len(time), dtype=int)
        new = WearReadings(mine.tool[row], time, np.ones(len(time)), mine.feed[row], mine.depth[row], mine.second[row])
        low, middle, high = predict_wear(fit_wear(readings.of(readings.tool != case)), new, [0.05, 0.5, 0.95])
        material = "steel" if mine.second[0] else "cast iron"
        title = f"case {case}: {material}\n{mine.depth[0] / MM:g} mm deep, feed {mine.feed[0] / MM:g} mm"
        curves.append(WearCurve(title, mine.time, mine.wear, time, low, middle, high))
    draw_wear_curves(curves, "90 % of readings, fitted on the other cases").savefig(HERE / "wear_nasa.png", dpi=85)


def tool_life_of_parts() -> None:
    """A part of 4 min of cutting at 60 m/min; feed and width kept."""
    law = build(WearTable, yaml.safe_load((shared_folder("conf") / "wear/ti_6al_4v.yaml").read_text())).law
    speeds = np.array([60.0, 80.0, 100.0])
    seconds = 240.0 * 60.0 / speeds
    life = tool_life(law, speeds / MINUTE, 0.1 * MM, 2 * MM, 0.3)
    _, used = life_used(seconds, life, np.arange(3), 3)
    names = [f"{speed:.0f} m/min" for speed in speeds]
    figure = draw_tool_life(np.arange(1, 61), np.asarray(wear_over_parts(law, used, 60)), law.limit, names)
    figure.axes[0].set_title("carbide in Ti-6Al-4V, a part of 4 min at 60 m/min; life assumed", fontsize=10)
    figure.savefig(HERE / "tool_life.png", dpi=100)


if __name__ == "__main__":
    wear_nasa()
    tool_life_of_parts()
