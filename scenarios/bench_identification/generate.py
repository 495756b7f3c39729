"""Writes identification.nc: what a machine is asked to do so that its parameters show; and two more. See README.md."""

from pathlib import Path

REACH = {"X": (-30, 30), "Y": (-30, 30), "Z": (20, 60)}  # [mm] of the reversals above the part
CLEAR = 20  # [mm] height
HEAD = "G21 G17 G90 G94 G40 G49 G80 G54 G64 P0.01"


def reversals() -> list[str]:
    """Each axis to and fro: fast for the loop's gain, slow and short for play and friction."""
    lines = ["(REVERSALS)"]
    for axis, (low, high) in REACH.items():
        for feed in (1000, 6000, 12000):
            lines += [f"G1 {axis}{low} F{feed}", f"{axis}{high}"] * 2
        for _ in range(4):
            lines += [f"G1 {axis}{high - 0.6} F120", f"{axis}{high}"]
        lines += [f"G1 {axis}{0 if axis != 'Z' else CLEAR} F6000"]
    return lines


def circles() -> list[str]:
    """Circles in the three planes, both ways."""
    lines = ["(CIRCLES)"]
    for plane, first, other, lift in (("G17", "X", "Y", 0), ("G18", "X", "Z", 40), ("G19", "Y", "Z", 40)):
        for feed in (1500, 5000):
            for turn in ("G2", "G3"):
                centre = {"X": "I", "Y": "J", "Z": "K"}[first]
                lines += [
                    f"{plane} G0 {first}20 {other}{lift or 0}",
                    f"{turn} {first}20 {other}{lift} {centre}-20 F{feed}",
                ]
    return [*lines, "G17 G0 X0 Y0 Z40"]


def cuts() -> list[str]:
    """Slots and side cuts: chip thickness, depth, speed and direction apart."""
    lines = ["(CUTS)", "S12000 M3", f"G0 X-60 Y-30 Z{CLEAR}"]
    depth, y = 0.0, -30.0
    for spindle, feeds in ((12000, (600, 1800, 3600)), (8000, (600, 2400))):
        lines.append(f"S{spindle} M3")
        for feed in feeds:
            depth = 1.0 if feed != 600 else 1.5
            lines += [f"G0 X-60 Y{y:g}", f"Z{-depth:g}", f"G1 X60 F{feed}", f"G0 Z{CLEAR}"]
            y += 12
    for x, way in ((-57, 1), (57, -1)):  # side cuts: 3 mm wide, 4 mm deep, along Y, one up and one down
        ends = (-50, 50) if way > 0 else (50, -50)
        for start, end in (ends, ends[::-1]):
            lines += [f"S12000 M3 G0 X{x - (0 if start == ends[0] else -way * 1.5):g} Y{start}"]
            lines += ["Z-4", f"G1 X{x + way * (5 if start == ends[0] else 7):g} F3000", f"Y{end} F2400", f"G0 Z{CLEAR}"]
    for x in (-30, 0, 30):  # ramps: the axial part
        lines += [f"G0 X{x} Y34", "Z0.5", f"G1 X{x + 18} Z-1.5 F{800 if x else 1600}", f"G0 Z{CLEAR}"]
    return lines


def warmth(strokes: int, lifts: int) -> list[str]:
    """Spindle and axes in turn, then rest: heat sources and paths apart."""
    return [
        "(WARMTH)",
        "G0 X0 Y0 Z40",
        "S15000 M3",
        f"o101 repeat [{strokes}]",
        "G1 X150 F12000",
        "X-150",
        "X0",
        "o101 endrepeat",
        "S5000 M3",
        f"o102 repeat [{strokes}]",
        "G1 Y150 F12000",
        "Y-150",
        "Y0",
        "o102 endrepeat",
        f"o103 repeat [{lifts}]",
        "G1 Z140 F10000",
        "Z40",
        "o103 endrepeat",
        "M5",
        "o104 repeat [4]",
        "G1 X20 F60",
        "X-20",
        "X0",
        "o104 endrepeat",
    ]


def program(strokes: int = 75, lifts: int = 110) -> str:
    """The whole program."""
    head = ["(BENCH IDENTIFICATION: SERVO, FRICTION, CUTTING FORCE, HEAT)", HEAD]
    start = ["T1 M6", f"G0 X0 Y0 Z{CLEAR}"]
    end = ["G0 Z60", "M30", ""]
    return "\n".join([*head, *start, *reversals(), *circles(), *cuts(), *warmth(strokes, lifts), *end])


def another_program(strokes: int = 60) -> str:
    """What the calibrated twin is then tried on: a slot while cold, strokes that warm the machine, a deep fast slot."""
    cold = ["G0 X-60 Y-20", "Z-2", "G1 X60 F2000", f"G0 Z{CLEAR}"]
    warming = [f"o1 repeat [{strokes}]", "G1 X100 Z20 F6000", "X-100 Z60", "o1 endrepeat"]
    warm = ["G0 X-60 Y20", "Z-3", "G1 X60 F3600", "G0 Z60"]
    head = ["(BENCH: ANOTHER PROGRAM THAN IDENTIFICATION)", HEAD, "T1 M6", "S14000 M3"]
    return "\n".join([*head, *cold, *warming, *warm, "M30", ""])


if __name__ == "__main__":
    here = Path(__file__).parent
    (here / "identification.nc").write_text(program())
    (here / "short.nc").write_text(program(30, 30))
    (here / "another.nc").write_text(another_program())
