"""The part itself: release of residual stress, temperature through plates and walls and how it bends them."""

from twin.workpiece.release import Distortion, along_normal, distortion, release
from twin.workpiece.residual_stress import ResidualStress, balance
from twin.workpiece.sections import PartSections, Sections, part_sections
from twin.workpiece.slab import (
    Slab,
    bending_difference,
    free_bow,
    held_flat_stress,
    slab_temperature,
    thermal_curvature,
    wall_bow,
)

__all__ = [
    "Distortion",
    "PartSections",
    "ResidualStress",
    "Sections",
    "Slab",
    "along_normal",
    "balance",
    "bending_difference",
    "distortion",
    "free_bow",
    "held_flat_stress",
    "part_sections",
    "release",
    "slab_temperature",
    "thermal_curvature",
    "wall_bow",
]
