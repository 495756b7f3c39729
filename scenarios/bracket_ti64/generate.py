"""Writes bracket_ti64.nc, features.yaml and thin_walls.yaml from the dimensions below, in mm.

python scenarios/bracket_ti64/generate.py [folder]

Zero is the lower left corner of the finished top face, the stock 1 mm higher. A web stands on a base with four holes.
"""

import sys
from math import pi
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from feature_rows import feature, listed
from nc_writer import Writer
from outline import finish, rough

LENGTH, WIDTH, BOTTOM, SKIN = 80.0, 60.0, -26.0, 1.0
WEB = (60.0, 3.0, 18.0)  # length, thickness, height
HOLE, HOLES = 6.0, ((8, 8), (72, 8), (72, 52), (8, 52))
SAFE, CLEAR = 20.0, 2.0
LEVELS = (-6.0, -12.0, -18.0)
ALLOWANCE, ENGAGEMENT = 0.4, 3.0
ROUGH = {"speed": 1600, "feed": 380, "radius": 6.0}  # 60 m/min, 0.06 mm a tooth
FINISH = {"speed": 2860, "feed": 570, "radius": 5.0}  # 90 m/min, 0.05 mm a tooth
DRILL = {"speed": 1300, "feed": 100}


def web() -> np.ndarray:
    """Corners (4, 2), clockwise."""
    x, y = (LENGTH + np.array([-WEB[0], WEB[0]])) / 2, (WIDTH + np.array([-WEB[1], WEB[1]])) / 2
    return np.array([(x[0], y[1]), (x[1], y[1]), (x[1], y[0]), (x[0], y[0])])


def face(nc: Writer) -> None:
    """Rows along X over the whole top, each from the right: the uncut side lies to the right of the tool."""
    ends = LENGTH + ROUGH["radius"] + 2, -ROUGH["radius"] - 2
    for y in np.arange(2.0, WIDTH + 2, 8.0):
        nc.rapid(X=ends[0], Y=y)
        nc.rapid(Z=0)
        nc.line(ROUGH["feed"], np.array([ends[1], y]))
        nc.rapid(Z=SAFE)


def program() -> str:
    """The NC program."""
    nc = Writer()
    for line in ("%", "O0064 (BRACKET, TI-6AL-4V, 80 X 60 X 26 MM)", "G21 G17 G90 G94 G40 G49 G80 G54"):
        nc.text(line)
    nc.tool(1, "D12 FLAT, VARIABLE PITCH: FACE, ROUGH", ROUGH["speed"])
    nc.text("M8")
    nc.rapid(Z=SAFE)
    face(nc)
    reach = np.hypot((LENGTH - WEB[0]) / 2, (WIDTH - WEB[1]) / 2)  # from the web's corner to the block's
    innermost = ROUGH["radius"] + ALLOWANCE
    steps = np.arange(np.ceil((reach + ROUGH["radius"] - innermost) / ENGAGEMENT), -1, -1)
    rough(nc, web(), innermost + ENGAGEMENT * steps, LEVELS, CLEAR, ROUGH["feed"])
    nc.rapid(Z=SAFE)
    nc.tool(2, "D10 FLAT: WEB", FINISH["speed"])
    nc.rapid(Z=SAFE)
    for level in LEVELS:
        finish(nc, web(), FINISH["radius"], level, CLEAR, FINISH["feed"])
    nc.rapid(Z=SAFE)
    nc.tool(3, "D6 DRILL: HOLES", DRILL["speed"])
    nc.rapid(Z=SAFE)
    (x, y), *others = HOLES
    top = LEVELS[-1]
    nc.text(f"G98 G83 X{x} Y{y} Z{BOTTOM - 2.5:g} R{top + CLEAR:g} Q2 F{DRILL['feed']}")
    for x, y in others:
        nc.text(f"X{x} Y{y}")
    for line in ("G80", "M9", "M5", "G0 Z50", "M30", "%"):
        nc.text(line)
    return "\n".join(nc.lines) + "\n"


def removed_volume() -> float:
    """Of the whole program, in closed form [mm3]."""
    base = LENGTH * WIDTH - len(HOLES) * pi * HOLE**2 / 4
    return LENGTH * WIDTH * (SKIN - BOTTOM) - base * (LEVELS[-1] - BOTTOM) - WEB[0] * WEB[1] * WEB[2]


def features() -> list[dict]:
    """The web's thickness at three heights, its length, the base, the holes."""
    middle, base = (LENGTH / 2, WIDTH / 2), LEVELS[-1]
    rows = [
        feature("wall", f"web_{place}", (*middle, z), normal=[0, 1, 0], thickness_mm=WEB[1], size_mm=[WEB[0] - 8, 2])
        for place, z in (("top", -2.5), ("middle", base / 2), ("foot", base + 2.5))
    ]
    size = [WEB[1] - 1, WEB[2] - 4]
    rows.append(feature("wall", "web_length", (*middle, base / 2), normal=[1, 0, 0], thickness_mm=WEB[0], size_mm=size))
    for name, y in (("near", 14.0), ("far", WIDTH - 14.0)):
        rows.append(feature("plane", f"base_{name}", (middle[0], y, base), normal=[0, 0, 1], size_mm=[50, 20]))
    for number, (x, y) in enumerate(HOLES):
        centre, length = (x, y, (base + BOTTOM) / 2), base - BOTTOM - 3
        rows.append(feature("circle", f"hole_{number + 1}", centre, diameter_mm=HOLE, length_mm=length))
    return rows


def thin_walls() -> list[dict]:
    """The web: free at both ends."""
    ends = [[(LENGTH + side * WEB[0]) / 2, WIDTH / 2] for side in (-1, 1)]
    return [
        {
            "name": "web",
            "start_mm": ends[0],
            "end_mm": ends[1],
            "thickness_mm": WEB[1],
            "top_mm": 0.0,
            "foot_mm": LEVELS[-1],
            "built_in_ends": False,
            "poisson_ratio": 0.34,
        }
    ]


def main(folder: Path) -> None:
    (folder / "bracket_ti64.nc").write_text(program())
    written = "; written by generate.py.\n"
    (folder / "features.yaml").write_text("# What is inspected on the bracket" + written + listed(features()))
    (folder / "thin_walls.yaml").write_text("# The web bends under the tool" + written + listed(thin_walls()))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
    print(f"removed_volume_mm3: {removed_volume():.3f}")
