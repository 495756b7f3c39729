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
