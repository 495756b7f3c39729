"""The rib panel: its dimensions in mm, what is inspected on it, and its volume in closed form.

Zero is the lower left corner of the finished top face; X 240, Y 160, Z 0 down to -30 mm; the stock is
1 mm higher. Six pockets, 27 mm deep, leave a 12 mm frame, one rib along X and four ribs oblique to the
axes, all 1.5 mm thick, a 3 mm floor with a bore in every pocket, and eight holes through the frame.
"""

from collections.abc import Sequence
from math import cos, pi, radians, sin, tan

import numpy as np
from feature_rows import feature, listed
from geometry import incircle, rounded_area

SIZE = (240.0, 160.0, 30.0)
SKIN = 1.0  # stock above the finished top
FRAME = 12.0
RIB = 1.5
DEPTH = 27.0  # of the pockets
CORNER = 6.0  # radius of the pocket corners
RIB_Y = 80.0  # the rib along X
RIBS = ((84.0, 12.0, "low"), (156.0, -12.0, "low"), (84.0, 12.0, "high"), (156.0, 12.0, "high"))  # x, lean, row
BORE = 18.0
HOLE = 6.0
HOLES = ((6, 6), (120, 6), (234, 6), (234, 80), (234, 154), (120, 154), (6, 154), (6, 80))


def pockets() -> list[tuple[str, np.ndarray]]:
    """Name and corner points (counter-clockwise) of the six pockets, before rounding."""
    left, right = FRAME, SIZE[0] - FRAME
    rows = {"low": (FRAME, RIB_Y - RIB / 2), "high": (RIB_Y + RIB / 2, SIZE[1] - FRAME)}
    found = []
    for row, (bottom, top) in rows.items():
        middle = (bottom + top) / 2
        sides: list[tuple[float, float]] = [(left, 0.0)]  # x at mid height, lean, of each side of a pocket
        for x, lean, where in RIBS:
            if where == row:
                half = RIB / 2 / cos(radians(lean))
                sides += [(x - half, lean), (x + half, lean)]
        sides.append((right, 0.0))
        for number in range(3):
            (x0, lean0), (x1, lean1) = sides[2 * number], sides[2 * number + 1]
            at = [(x0, lean0, bottom), (x1, lean1, bottom), (x1, lean1, top), (x0, lean0, top)]
            points = np.array([(x + tan(radians(lean)) * (y - middle), y) for x, lean, y in at])
            found.append((f"{row}_{number + 1}", points))
    return found


def finished_volume() -> float:
    """Volume of the finished part, in closed form [mm3]."""
    frame = SIZE[0] * SIZE[1] * SIZE[2]
    open_pockets = sum(rounded_area(polygon, CORNER) for _, polygon in pockets()) * DEPTH
    bores = len(pockets()) * pi * BORE**2 / 4 * (SIZE[2] - DEPTH)
    holes = len(HOLES) * pi * HOLE**2 / 4 * SIZE[2]
    return frame - open_pockets - bores - holes


def features() -> list[dict]:
    """What is inspected: every rib near its top, middle and foot, floors, bores, holes, one pocket wall, the top."""
    rows: list[dict] = []
    top = np.array([SIZE[0] / 2, SIZE[1] / 2, 0.0])
    rows.append(feature("plane", "top", top, normal=[0, 0, 1], size_mm=[*SIZE[:2]], margin_mm=0.2))
    heights = {"top": -3.0, "middle": -DEPTH / 2, "foot": 3.0 - DEPTH}
    middle = {"low": (FRAME + RIB_Y - RIB / 2) / 2, "high": (SIZE[1] - FRAME + RIB_Y + RIB / 2) / 2}
    for number, (x, lean, row) in enumerate(RIBS):
        normal = [round(cos(radians(lean)), 10), round(-sin(radians(lean)), 10), 0]
        for place, z in heights.items():
            rows.append(_wall(f"rib_{row}_{number % 2 + 1}_{place}", (x, middle[row], z), normal, 40.0))
    for number, pocket in enumerate(polygon for name, polygon in pockets() if name.startswith("low")):
        for place, z in heights.items():
            centre = (incircle(pocket)[0][0], RIB_Y, z)
            rows.append(_wall(f"rib_long_{number + 1}_{place}", centre, [0, 1, 0], 40.0))
    for name, pocket in pockets():
        x, y = incircle(pocket)[0]
        span = 2 * (0.7 * incircle(pocket)[1] - 2.0)
        rows.append(
            feature("plane", f"floor_{name}", (x, y, -DEPTH), normal=[0, 0, 1], size_mm=[span, span], margin_mm=0.2)
        )
        depth = SIZE[2] - DEPTH
        rows.append(
            feature("circle", f"bore_{name}", (x, y, -DEPTH - depth / 2), diameter_mm=BORE, length_mm=depth - 1)
        )
    for number, (x, y) in enumerate(HOLES):
        rows.append(
            feature("circle", f"hole_{number + 1}", (x, y, -SIZE[2] / 2), diameter_mm=HOLE, length_mm=SIZE[2] - 4)
        )
    centre = (FRAME, SIZE[1] / 2, -DEPTH / 2)
    rows.append(feature("profile", "frame_left", centre, size_mm=[2.0, 120.0, DEPTH - 2], normal=[1, 0, 0]))
    return rows


def thin_walls() -> list[dict]:
    """The ribs between the frame and each other, each span as a wall of its own that is built in at both ends."""
    rows: list[dict] = []
    spans = {"low": (FRAME, RIB_Y - RIB / 2), "high": (RIB_Y + RIB / 2, SIZE[1] - FRAME)}
    joints: list[float] = []
    for number, (x, lean, row) in enumerate(RIBS):
        ends = [(x + tan(radians(lean)) * (y - sum(spans[row]) / 2), y) for y in spans[row]]
        joints.append(ends[1][0] if row == "low" else ends[0][0])
        rows.append(_thin_wall(f"rib_{row}_{number % 2 + 1}", *ends))
    joints = [FRAME, *sorted(joints), SIZE[0] - FRAME]
    for number, (left, right) in enumerate(zip(joints, joints[1:], strict=False)):
        if right - left > 10 * RIB:  # between two ribs that end nearly opposite each other it cannot bend
            rows.append(_thin_wall(f"rib_long_{number + 1}", (left, RIB_Y), (right, RIB_Y)))
    return rows


def _thin_wall(name: str, start: tuple[float, float], end: tuple[float, float]) -> dict:
    return {
        "name": name,
        "start_mm": [round(float(v), 4) for v in start],
        "end_mm": [round(float(v), 4) for v in end],
        "thickness_mm": RIB,
        "top_mm": 0.0,
        "foot_mm": -DEPTH,
        "built_in_ends": True,
        "poisson_ratio": 0.33,
    }


def thin_walls_text() -> str:
    """thin_walls.yaml."""
    return "# Walls of the rib panel that bend under the tool; written by generate.py.\n" + listed(thin_walls())


def _wall(name: str, centre: Sequence[float], normal: list[float], length: float) -> dict:
    return feature("wall", name, centre, normal=normal, thickness_mm=RIB, size_mm=[length, 2.0])


def features_text() -> str:
    """features.yaml."""
    return "# What is inspected on the rib panel; written by generate.py.\n" + listed(features())
