"""Writes rib_panel_7075.nc, features.yaml and thin_walls.yaml from the dimensions in panel.py.

python scenarios/rib_panel_7075/generate.py [folder]
"""

import sys
from math import pi, radians, tan
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from geometry import Corner, incircle, inset, rounded
from nc_writer import Writer
from panel import BORE, CORNER, DEPTH, HOLES, SIZE, SKIN, features_text, pockets, thin_walls_text

ROUGH_LEVELS = (*(-3.0 * level for level in range(1, 9)), -26.7)  # slots of 3 mm do not chatter at this speed
WALL_LEVELS = (-9.0, -18.0, -27.0)
ALLOWANCE = 0.5  # left on the walls by roughing
SAFE, CLEAR = 15.0, 2.0
ROUGH = {"speed": 15400, "feed": 4600, "ramp": 2300, "radius": 8.0, "corner": 2.5}
FINISH = {"speed": 10000, "feed": 2300, "ramp": 800, "radius": 5.0, "corner": 1.0}
DRILL = {"speed": 6400, "feed": 960}


def ring(nc: Writer, corners: list[Corner], start: np.ndarray, feed: float, corner_feed: float) -> None:
    """Once around the outline, counter-clockwise, from ``start`` on its last edge and back to it."""
    for corner in corners:
        nc.line(feed, corner.start)
        nc.arc(corner_feed, corner.end, corner.centre)
    nc.line(feed, start)


def edge_middle(corners: list[Corner]) -> np.ndarray:
    """Middle of the straight piece between the last corner and the first."""
    return (corners[-1].end + corners[0].start) / 2


def helix(nc: Writer, centre: np.ndarray, radius: float, top: float, bottom: float, feed: float, lead: float) -> None:
    """Down a helix of at most ``lead`` a turn, then once around at the bottom."""
    start = centre + np.array([radius, 0.0])
    nc.rapid(X=start[0], Y=start[1])
    nc.rapid(Z=top + CLEAR)
    nc.line(feed, z=top)
    turns = int(np.ceil((top - bottom) / lead))
    for turn in range(1, turns + 1):
        nc.arc(feed, start, centre, z=top + (bottom - top) * turn / turns)
    nc.arc(feed, start, centre)


def clear_level(
    nc: Writer, pocket: np.ndarray, cutter: dict, top: float, bottom: float, wall: float, step: float
) -> None:
    """Clear a pocket at one level from a helix at its middle outwards, leaving ``wall`` on the walls."""
    centre, inradius = incircle(pocket)
    radius, feed = cutter["radius"], cutter["feed"]
    entry = 0.6 * radius
    helix(nc, centre, entry, top + 0.5, bottom, cutter["ramp"], 2 * pi * entry * tan(radians(3)))
    outermost = radius + wall
    reach = inradius - outermost - entry  # from the helix to the outermost ring
    n_rings = max(int(np.ceil(reach / step)), 1)
    for number in reversed(range(n_rings)):
        outline = inset(pocket, outermost + number * reach / n_rings)
        corners = rounded(outline, max(CORNER - outermost, cutter["corner"]))
        start = edge_middle(corners)
        nc.line(0.6 * feed, start)
        ring(nc, corners, start, feed, 0.6 * feed)
    nc.rapid(Z=CLEAR)


def finish_wall(nc: Writer, pocket: np.ndarray, cutter: dict, previous: float, level: float) -> None:
    """One pass around the wall, with tangential arcs in and out and 2 mm of overlap."""
    corners = rounded(inset(pocket, cutter["radius"]), CORNER - cutter["radius"])
    start, lead = edge_middle(corners), 3.0
    along = (corners[0].start - start) / np.linalg.norm(corners[0].start - start)
    inward = np.array([-along[1], along[0]])
    centre = start + lead * inward
    nc.rapid(X=(centre - lead * along)[0], Y=(centre - lead * along)[1])
    nc.rapid(Z=previous + CLEAR)
    nc.line(cutter["ramp"], z=level)
    nc.arc(cutter["feed"], start, centre)
    ring(nc, corners, start + 2 * along, cutter["feed"], 0.3 * cutter["feed"])
    nc.arc(cutter["feed"], centre + (2 + lead) * along, centre + 2 * along)
    nc.rapid(Z=CLEAR)


def bore(nc: Writer, centre: np.ndarray, cutter: dict) -> None:
    """Helix through the floor, then once around at the bottom between two half circles."""
    radius, bottom = BORE / 2 - cutter["radius"], -SIZE[2] - 0.5
    helix(nc, centre, radius - 0.2, -DEPTH + 0.5, bottom, cutter["ramp"], 1.0)
    nc.line(cutter["ramp"], centre)
    east = centre + np.array([radius, 0.0])
    nc.arc(cutter["ramp"], east, (centre + east) / 2)
    nc.arc(cutter["ramp"], east, centre)
    nc.arc(cutter["ramp"], centre, (centre + east) / 2)
    nc.rapid(Z=CLEAR)


def face(nc: Writer, cutter: dict) -> None:
    """Rows along X over the whole top, joined by half circles beside the stock."""
    step, beside = 11.0, cutter["radius"] + 2
    y, ends = -1.0, [-beside, SIZE[0] + beside]
    nc.rapid(X=ends[0], Y=y)
    nc.rapid(Z=SKIN + CLEAR)
    nc.line(cutter["ramp"], z=0.0)
    while True:
        ends.reverse()
        nc.line(cutter["feed"], np.array([ends[0], y]))
        if y + cutter["radius"] > SIZE[1] + 1:
            break
        code = "G3" if ends[0] > 0 else "G2"
        nc.arc(cutter["feed"], np.array([ends[0], y + step]), np.array([ends[0], y + step / 2]), code=code)
        y += step
    nc.rapid(Z=SAFE)


def rough(nc: Writer, top: float, bottom: float) -> None:
    """All pockets between two wall levels, the skin of the stock first."""
    nc.tool(1, "D16 R1 BULL-NOSE: FACE, ROUGH POCKETS", ROUGH["speed"])
    nc.text("M8")
    nc.rapid(Z=SAFE)
    if top == 0.0:
        face(nc, ROUGH)
    for above, level in zip((0.0, *ROUGH_LEVELS), ROUGH_LEVELS, strict=False):
        if bottom <= level < top:
            for name, pocket in pockets():
                nc.text(f"(ROUGH {name.upper()} Z{level:g})")
                clear_level(nc, pocket, ROUGH, above, level, ALLOWANCE, 8.0)
    nc.rapid(Z=SAFE)
    nc.text("M9")


def finish(nc: Writer, top: float, bottom: float) -> None:
    """The walls of all pockets between two levels, and the floors at the last one."""
    nc.tool(2, "D10 FLAT: WALLS, FLOORS, BORES", FINISH["speed"])
    nc.text("M8")
    nc.rapid(Z=SAFE)
    for name, pocket in pockets():
        if bottom == -DEPTH:
            nc.text(f"(FLOOR {name.upper()})")
            clear_level(nc, pocket, FINISH, ROUGH_LEVELS[-1], bottom, ALLOWANCE + 0.1, 6.0)
        nc.text(f"(WALL {name.upper()} Z{bottom:g})")
        finish_wall(nc, pocket, FINISH, top, bottom)
    if bottom == -DEPTH:
        for name, pocket in pockets():
            nc.text(f"(BORE {name.upper()})")
            bore(nc, incircle(pocket)[0], FINISH)
    nc.rapid(Z=SAFE)
    nc.text("M9")


def program() -> str:
    """The NC program."""
    nc = Writer()
    for line in ("%", "O7075 (RIB PANEL, AA7075-T6, 240 X 160 X 30 MM)", "G21 G17 G90 G94 G40 G49 G80 G54"):
        nc.text(line)
    top = 0.0
    for level in WALL_LEVELS:  # rough and finish by turns: a wall stands on solid metal while it is finished
        rough(nc, top, level)
        finish(nc, top, level)
        top = level
    nc.tool(3, "D6 DRILL: HOLES THROUGH THE FRAME", DRILL["speed"])
    nc.text("M8")
    nc.rapid(Z=SAFE)
    (x, y), *others = HOLES
    nc.text(f"G98 G83 X{x} Y{y} Z{-SIZE[2] - 2:g} R{CLEAR:g} Q6 F{DRILL['feed']}")
    for x, y in others:
        nc.text(f"X{x} Y{y}")
    for line in ("G80", "M9", "M5", "G0 Z50", "M30", "%"):
        nc.text(line)
    return "\n".join(nc.lines) + "\n"


def main(folder: Path) -> None:
    (folder / "rib_panel_7075.nc").write_text(program())
    (folder / "features.yaml").write_text(features_text())
    (folder / "thin_walls.yaml").write_text(thin_walls_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
