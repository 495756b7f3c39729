"""Writes slots_in718.nc and features.yaml from the dimensions below, in mm.

python scenarios/slots_in718/generate.py [folder]

Zero is the lower left corner of the top face. Three slots along Y, as the roots of blades sit in, with small fillets.
"""

import sys
from math import pi
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from feature_rows import feature, listed
from nc_writer import Writer

SIZE = (60.0, 40.0, 20.0)
SLOTS = (15.0, 30.0, 45.0)  # X of their middles
WIDTH, DEPTH, FILLET = 10.0, 12.0, 0.5
SAFE, CLEAR = 20.0, 2.0
ALLOWANCE = 0.3
STEP = 0.5  # from turn to turn: the widest chip of a trochoid
ROUGH = {"speed": 1860, "feed": 225, "radius": 3.0, "levels": (-6.0, -11.7)}  # 35 m/min, 0.03 mm a tooth
FINISH = {"speed": 2650, "feed": 270, "radius": 3.0, "levels": (-6.0, -12.0)}  # 50 m/min, 0.025 mm a tooth


def trochoid(nc: Writer, x: float, level: float) -> None:
    """Along the slot in turns counter-clockwise, each a step farther; the way on lies on the side that is cut."""
    radius = WIDTH / 2 - ALLOWANCE - ROUGH["radius"]
    beside = ROUGH["radius"] + radius + 1
    n_turns = int(np.ceil((SIZE[1] + 2 * ROUGH["radius"] + 2) / STEP))
    nc.rapid(X=x, Y=-beside - radius)
    nc.rapid(Z=CLEAR)
    nc.line(ROUGH["feed"], z=level)
    for turn in range(n_turns + 1):
        behind, centre = np.array([x, -beside - radius + turn * STEP]), np.array([x, -beside + turn * STEP])
        nc.line(2 * ROUGH["feed"], behind)
        nc.arc(ROUGH["feed"], behind, centre)
    nc.rapid(Z=CLEAR)


def walls(nc: Writer, x: float, level: float) -> None:
    """Up the right wall and down the left one: both climbing."""
    aside, ends = WIDTH / 2 - FINISH["radius"], (-FINISH["radius"] - 2, SIZE[1] + FINISH["radius"] + 2)
    for side, (first, last) in ((1, ends), (-1, ends[::-1])):
        nc.rapid(X=x + side * aside, Y=first)
        nc.rapid(Z=level)
        nc.line(FINISH["feed"], np.array([x + side * aside, last]))
        nc.rapid(Z=CLEAR)


def program() -> str:
    """The NC program."""
    nc = Writer()
    for line in ("%", "O0718 (BLADE SLOTS, INCONEL 718, 60 X 40 X 20 MM)", "G21 G17 G90 G94 G40 G49 G80 G54"):
        nc.text(line)
    for number, name, cutter, way in (
        (1, "D6 FLAT: ROUGH SLOTS BY TROCHOIDS", ROUGH, trochoid),
        (2, "D6 R0.5 BULL-NOSE: WALLS, FLOORS", FINISH, walls),
    ):
        nc.tool(number, name, cutter["speed"])
        nc.text("M8")
        nc.rapid(Z=SAFE)
        for slot, x in enumerate(SLOTS):
            for level in cutter["levels"]:
                nc.text(f"(SLOT {slot + 1} Z{level:g})")
                way(nc, x, level)
        nc.rapid(Z=SAFE)
    for line in ("M9", "M5", "G0 Z50", "M30", "%"):
        nc.text(line)
    return "\n".join(nc.lines) + "\n"


def removed_volume() -> float:
    """Of the whole program, in closed form [mm3]."""
    section = WIDTH * DEPTH - 2 * (1 - pi / 4) * FILLET**2
    return len(SLOTS) * section * SIZE[1]


def features() -> list[dict]:
    """Every slot's width at two heights, its floor."""
    rows = []
    for number, x in enumerate(SLOTS):
        for place, z in (("top", -3.0), ("foot", -9.0)):
            centre = (x, SIZE[1] / 2, z)
            row = feature("slot", f"slot_{number + 1}_{place}", centre, normal=[1, 0, 0], width_mm=WIDTH)
            rows.append(row | {"size_mm": [30, 4]})
        centre, size = (x, SIZE[1] / 2, -DEPTH), [WIDTH - 4, 30]
        rows.append(feature("plane", f"floor_{number + 1}", centre, normal=[0, 0, 1], size_mm=size))
    return rows


def main(folder: Path) -> None:
    (folder / "slots_in718.nc").write_text(program())
    text = "# What is inspected on the slots; written by generate.py.\n" + listed(features())
    (folder / "features.yaml").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
    print(f"removed_volume_mm3: {removed_volume():.3f}")
