"""Draws docs/figures/{wear_nasa,tool_life,cut_temperature,surface_error}.png.

Run: ``python docs/make_wear_heat_form_figures.py``."""

import sys
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/validation"), str(ROOT / "tests/cutting")]

from cutting_cases import make_contact, make_tool  # noqa: E402
from nasa_wear import readings_of  # noqa: E402

from twin.config import build  # noqa: E402
from twin.cutting import CuttingCoefficients  # noqa: E402
from twin.cutting.dynamics.modes import Modes  # noqa: E402
from twin.cutting.form import surface_error  # noqa: E402
from twin.cutting.heat import HeatProperties, workpiece_share  # noqa: E402
from twin.cutting.material import Material  # noqa: E402
from twin.cutting.stability import Milling, stability_chart  # noqa: E402
from twin.cutting.wear import (  # noqa: E402
    WearReadings,
    WearTable,
    fit_wear,
    life_used,
    predict_wear,
    tool_life,
    wear_over_parts,
)
from twin.data import recording  # noqa: E402
from twin.formats.wear_table import read_milling_wear  # noqa: E402
from twin.units import MINUTE, MM, RPM  # noqa: E402
from twin.view.maps import draw_surface_error_map, draw_temperature_map  # noqa: E402
from twin.view.wear import WearCurve, draw_tool_life, draw_wear_curves  # noqa: E402

FIGURES = ROOT / "docs" / "figures"


def wear_nasa() -> None:
    """Every case predicted from the others."""
    readings = readings_of(read_milling_wear(recording("nasa_milling_wear/process_info.csv")))
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
    draw_wear_curves(curves, "90 % of readings, fitted on the other cases").savefig(FIGURES / "wear_nasa.png", dpi=100)


def tool_life_of_parts() -> None:
    """A part of 4 min of cutting in Ti-6Al-4V at three speeds, feed and width kept."""
    law = build(WearTable, yaml.safe_load((ROOT / "conf/wear/ti_6al_4v.yaml").read_text())).law
    speeds = np.array([60.0, 80.0, 100.0])
    seconds = 240.0 * 60.0 / speeds
    life = tool_life(law, speeds / 60, 0.1e-3, 2e-3, 0.3)
    _, used = life_used(seconds, life, np.arange(3), 3)
    parts = np.arange(1, 61)
    names = [f"{speed:.0f} m/min" for speed in speeds]
    draw_tool_life(parts, np.asarray(wear_over_parts(law, used, 60)), law.limit, names).savefig(
        FIGURES / "tool_life.png", dpi=100
    )


def cut_temperature() -> None:
    """Ti-6Al-4V, a tenth of the diameter wide, up-milled."""
    material = build(Material, yaml.safe_load((ROOT / "conf/material/ti_6al_4v.yaml").read_text()))
    heat = HeatProperties(material.density, material.specific_heat, material.conductivity, 88.0, 20.0)
    tool = make_tool(diameter=16e-3)
    speeds, feeds = np.linspace(20, 150, 40) / 60, np.linspace(0.03, 0.2, 24) * MM
    speed, feed = (grid.ravel() for grid in np.meshgrid(speeds, feeds))
    touch, mills = make_contact(tool, 3e-3, [(0.0, np.arccos(0.8))], np.tile([1.0, 0, 0], (len(speed), 1)))
    spindle = speed / tool.radius
    along = feed * tool.n_teeth * spindle / (2 * np.pi)
    out = workpiece_share(touch, along, spindle, mills, material.coefficients, heat, [0.1], 0.5)
    shape = (len(feeds), len(speeds))
    figure = draw_temperature_map(speeds, feeds, np.reshape(out.interface, shape), np.reshape(out.workpiece, shape))
    figure.savefig(FIGURES / "cut_temperature.png", dpi=100)


def surface_error_map() -> None:
    """The benchmark tool of 922 Hz, down-milling a tenth of its diameter, 0.1 mm a tooth."""
    modes = Modes(
        omega=np.array([922 * 2 * np.pi]),
        damping=np.array([0.011]),
        stiffness=np.array([1_340_049.648]),
        direction=np.array([[0.0, 1.0, 0.0]]),
    )
    coefficients = CuttingCoefficients(ktc=6e8, krc=2e8, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
    tool = make_tool(n_teeth=2, helix=0.0)
    speeds = np.linspace(5000, 30000, 256) * RPM
    touch, mills = make_contact(tool, 1e-3, [(np.pi - np.arccos(0.8), np.pi)], np.tile([1.0, 0, 0], (256, 1)))
    feed = 0.1e-3 * tool.n_teeth * speeds / (2 * np.pi)
    per_depth = surface_error(touch, feed, speeds, mills, coefficients, modes).deviation[:, 1, 0] / 1e-3
    depths = np.linspace(0.05, 4, 80) * MM
    milling = Milling(
        modes=modes, n_teeth=2, ktc=coefficients.ktc, krc=coefficients.krc, entry=np.pi - np.arccos(0.8), exit=np.pi
    )
    stable = stability_chart(milling, speeds, depths).stable.T
    figure = draw_surface_error_map(speeds, depths, depths[:, None] * per_depth[None], stable)
    figure.savefig(FIGURES / "surface_error.png", dpi=100)


def main() -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    wear_nasa()
    tool_life_of_parts()
    cut_temperature()
    surface_error_map()


if __name__ == "__main__":
    main()
