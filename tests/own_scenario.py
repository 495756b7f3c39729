"""A small scenario outside the checkout, as a user would make one."""

from pathlib import Path

OWN_SCENARIO = """\
# @package _global_
defaults:
  - /tool@tools.1: flat_d10_3fl
  - _self_
  - override /machine: vmc_3axis
  - override /controller: generic_jerk_limited
  - override /material: aa7075_t6
  - override /environment: shop_20
scenario:
  name: own
  title: A slot of our own
  program: part.nc
  work_offsets: {G54: {x_mm: 0, y_mm: 0, z_mm: 0}}
  machine_position_mm: [300, 200, 120]
  stock: {kind: box, lower_mm: [0, 0, -20], upper_mm: [60, 40, 0]}
model:
  removal: {resolution_mm: 0.25}
tools:
  "1": {runout_um: 0}               # so that forces have a closed form
"""
GOOD_PROGRAM = """\
G21 G90 G17 G94 G54
T1 M6
S8000 M3
G0 X-10 Y20
G0 Z-2
G1 X70 F1200
G0 Z50
M30
"""


def make_desk(folder: Path) -> Path:
    """A folder of our own groups and scenarios, outside the checkout."""
    (folder / "conf" / "scenario").mkdir(parents=True)
    (folder / "scenarios" / "own").mkdir(parents=True)
    (folder / "conf" / "scenario" / "own.yaml").write_text(OWN_SCENARIO)
    (folder / "scenarios" / "own" / "part.nc").write_text(GOOD_PROGRAM)
    return folder


FEATURES = """
- {kind: slot, name: slot, centre_mm: [30, 20, -1.2], normal: [0, 1, 0], width_mm: 10, size_mm: [40, 1.4]}
- {kind: plane, name: floor, centre_mm: [30, 20, -2], normal: [0, 0, 1], size_mm: [40, 6]}
- {kind: plane, name: shoulder, centre_mm: [30, 39, -1.2], normal: [0, 1, 0], size_mm: [40, 1.4]}
"""
SHOULDER = "G0 Z10\nG0 X-10 Y44\nG0 Z-2\nG1 X70\n"  # 1 mm off the side


def make_inspected_desk(folder: Path, more_features: str = "") -> Path:
    """:func:`make_desk` whose part has a shoulder beside its slot, and features that are inspected."""
    make_desk(folder)
    (folder / "scenarios" / "own" / "features.yaml").write_text(FEATURES + more_features)
    (folder / "scenarios" / "own" / "part.nc").write_text(GOOD_PROGRAM.replace("G0 Z50\n", SHOULDER + "G0 Z50\n"))
    file = folder / "conf" / "scenario" / "own.yaml"
    file.write_text(file.read_text().replace("  program: part.nc\n", "  program: part.nc\n  features: features.yaml\n"))
    return folder
