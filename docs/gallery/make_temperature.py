"""Draws temperature.png: tool-chip temperature and the share of the heat that stays in Ti-6Al-4V."""

from pathlib import Path

import numpy as np
import yaml
from gallery_cases import window_contact

from twin.config import build
from twin.cutting.heat import HeatProperties, workpiece_share
from twin.cutting.material import Material
from twin.machine.tool import Tool
from twin.resources import shared_folder
from twin.units import DEG, MINUTE, MM
from twin.view.maps import draw_temperature_map

HERE = Path(__file__).parent
CARBIDE, AIR = 88.0, 20.0  # [W/(m K)] conductivity of the tool, [degC]


def main() -> None:
    """Up milling, a tenth of the diameter wide, 3 mm deep, 4 flutes of 16 mm."""
    material = build(Material, yaml.safe_load((shared_folder("conf") / "material/ti_6al_4v.yaml").read_text()))
    heat = HeatProperties(material.density, material.specific_heat, material.conductivity, CARBIDE, AIR)
    tool = Tool(
        number=1, name="16 mm, 4 flutes", kind="flat", diameter=16 * MM, n_teeth=4, flute_length=50 * MM,
        stick_out=60 * MM, helix=30 * DEG,
    )  # fmt: skip
    speeds, feeds = np.linspace(20, 150, 40) / MINUTE, np.linspace(0.03, 0.2, 24) * MM
    speed, feed = (grid.ravel() for grid in np.meshgrid(speeds, feeds))
    touch, mills = window_contact(tool, 3 * MM, 0.0, np.arccos(0.8), len(speed))
    spindle = speed / tool.radius
    along = feed * tool.n_teeth * spindle / (2 * np.pi)
    out = workpiece_share(touch, along, spindle, mills, material.coefficients, heat, [0.1], 0.5)
    shape = (len(feeds), len(speeds))
    figure = draw_temperature_map(speeds, feeds, np.reshape(out.interface, shape), np.reshape(out.workpiece, shape))
    figure.suptitle("Ti-6Al-4V, dry, up milling 3 x 1.6 mm, carbide of 16 mm", fontsize=10)
    figure.savefig(HERE / "temperature.png", dpi=100)


if __name__ == "__main__":
    main()
