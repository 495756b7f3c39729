"""Writes circle_diamond_square.nc and features.yaml from the dimensions below, in mm.

python scenarios/circle_diamond_square/generate.py [folder]

Zero is the middle of the finished top face, the stock 1 mm higher. A circle stands on a diamond, that on a square,
that on the block; a bore goes through the three.
"""

import sys
from math import cos, pi, radians, sin
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from feature_rows import feature, listed
from nc_writer import Writer
from outline import finish, rough

BLOCK, BOTTOM, SKIN = 120.0, -40.0, 1.0
CIRCLE, DIAMOND, SQUARE, BORE = 64.0, 70.0, 104.0, 24.0  # diameter, sides, diameter
LAYER = 8.0  # height of each
SAFE, CLEAR = 20.0, 3.0
ALLOWANCE = 0.3
SPRING = 2  # finishing turns, the second for what the first left by its deflection: the machine shall show
ROUGH = {"speed": 13200, "feed": 3960, "ramp": 1300, "radius": 8.0}  # a lobe: 12,000 and 14,400 rpm chatter
FINISH = {"speed": 12000, "feed": 2000, "ramp": 1000, "radius": 6.0}


def square(side: float, turn_deg: float) -> np.ndarray:
    """Corners (4, 2), clockwise, of a square about zero."""
    at = [radians(turn_deg + angle) for angle in (135, 45, -45, -135)]
    return side / 2**0.5 * np.array([(cos(a), sin(a)) for a in at])


def levels(layer: int) -> tuple[float, float]:
    """Two levels of roughing of a layer counted from the top."""
    return -LAYER * (layer + 0.5), -LAYER * (layer + 1)


def turns(nc: Writer, radius: float, feed: float) -> None:
    """Once clockwise around zero from its right."""
    nc.arc(feed, np.array([radius, 0.0]), np.zeros(2), code="G2")


def face(nc: Writer) -> None:
    """Rows along X over the whole top, each from the left."""
    end = BLOCK / 2 + ROUGH["radius"] + 2
    for y in np.arange(-BLOCK / 2 + 5, BLOCK / 2 + 3, 12.0):
        nc.rapid(X=-end, Y=y)
        nc.rapid(Z=0)
        nc.line(ROUGH["feed"], np.array([end, y]))
        nc.rapid(Z=SAFE)


def rough_circle(nc: Writer) -> None:
    """Turns from outside the block inwards."""
    innermost = CIRCLE / 2 + ALLOWANCE + ROUGH["radius"]
    for level in levels(0):
        nc.rapid(X=innermost + 48, Y=0)
        nc.rapid(Z=CLEAR)
        nc.line(ROUGH["ramp"], z=level)
        for radius in innermost + np.arange(48.0, -1, -8):
            nc.line(ROUGH["feed"], np.array([radius, 0.0]))
            turns(nc, radius, ROUGH["feed"])
        nc.rapid(Z=CLEAR)


def finish_circle(nc: Writer) -> None:
    """One turn with a quarter circle in and out."""
    radius, lead = CIRCLE / 2 + FINISH["radius"], 12.0
    nc.rapid(X=radius + lead, Y=lead)
    nc.rapid(Z=CLEAR)
    nc.line(FINISH["ramp"], z=-LAYER)
    beside = np.array([radius + lead, 0.0])
    nc.arc(FINISH["feed"], np.array([radius, 0.0]), beside)
    turns(nc, radius, FINISH["feed"])
    nc.arc(FINISH["feed"], np.array([radius + lead, -lead]), beside)
    nc.rapid(Z=CLEAR)


def bore(nc: Writer, cutter: dict, diameter: float) -> None:
    """Down a helix, once around at the bottom, to the middle."""
    east, zero, bottom = np.array([diameter / 2 - cutter["radius"], 0.0]), np.zeros(2), -3 * LAYER
    nc.rapid(X=east[0], Y=0)
    nc.rapid(Z=CLEAR)
    nc.line(cutter["ramp"], z=0.0)
    for turn in range(1, 13):
        nc.arc(cutter["ramp"], east, zero, z=bottom * turn / 12)
    nc.arc(cutter["ramp"], east, zero)
    nc.line(cutter["ramp"], zero)
    nc.rapid(Z=CLEAR)


def program() -> str:
    """The NC program."""
    nc = Writer()
    for line in (
        "%",
        "O1079 (CIRCLE, DIAMOND, SQUARE; AA7075-T6, 120 X 120 X 40 MM)",
        "G21 G17 G90 G94 G40 G49 G80 G54",
    ):
        nc.text(line)
    nc.tool(1, "D16 FLAT: FACE, ROUGH", ROUGH["speed"])
    nc.text("M8")
    nc.rapid(Z=SAFE)
    face(nc)
    beside = ALLOWANCE + ROUGH["radius"]
    rough_circle(nc)
    rough(nc, square(DIAMOND, 45), beside + np.arange(40.0, -1, -8), levels(1), CLEAR, ROUGH["feed"])
    rough(nc, square(SQUARE, 0), beside + np.array([8.0, 0.0]), levels(2), CLEAR, ROUGH["feed"])
    bore(nc, ROUGH, BORE - 2 * ALLOWANCE)
    nc.rapid(Z=SAFE)
    nc.tool(2, "D12 FLAT: FINISH", FINISH["speed"])
    nc.rapid(Z=SAFE)
    for _ in range(SPRING):
        finish_circle(nc)
    for number, outline in enumerate((square(DIAMOND, 45), square(SQUARE, 0))):
        for _ in range(SPRING):
            finish(nc, outline, FINISH["radius"], -LAYER * (number + 2), CLEAR, FINISH["feed"])
    for _ in range(SPRING):
        bore(nc, FINISH, BORE)
    for line in ("M9", "M5", "G0 Z50", "M30", "%"):
        nc.text(line)
    return "\n".join(nc.lines) + "\n"


def removed_volume() -> float:
    """Of the whole program, in closed form [mm3]."""
    left = BLOCK**2 * (-3 * LAYER - BOTTOM)
    layers = (SQUARE**2 + DIAMOND**2 + pi * CIRCLE**2 / 4 - 3 * pi * BORE**2 / 4) * LAYER
    return BLOCK**2 * (SKIN - BOTTOM) - left - layers


def features() -> list[dict]:
    """Every face of the three, the two widths of both squares, circle and bore."""
    rows = [
        feature("circle", "circle", (0, 0, -LAYER / 2), diameter_mm=CIRCLE, length_mm=LAYER - 2, inner=False),
        feature("circle", "bore", (0, 0, -1.5 * LAYER), diameter_mm=BORE, length_mm=3 * LAYER - 4),
    ]
    for name, side, turn, layer in (("diamond", DIAMOND, 45, 1), ("square", SQUARE, 0, 2)):
        z, size = -LAYER * (layer + 0.5), [side - 8, LAYER - 2]
        for angle in (0, 90, 180, 270):
            normal = [cos(radians(turn + angle)), sin(radians(turn + angle)), 0.0]
            at = (side / 2 * normal[0], side / 2 * normal[1], z)
            rows.append(feature("plane", f"{name}_{turn + angle}deg", at, normal=normal, size_mm=size))
            if angle < 180:
                row = feature("wall", f"{name}_width_{turn + angle}deg", (0, 0, z), normal=normal, thickness_mm=side)
                rows.append(row | {"size_mm": size})
    return rows


def main(folder: Path) -> None:
    (folder / "circle_diamond_square.nc").write_text(program())
    text = "# What is inspected on the test piece; written by generate.py.\n" + listed(features())
    (folder / "features.yaml").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
    print(f"removed_volume_mm3: {removed_volume():.3f}")
