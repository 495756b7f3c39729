"""The part itself: release of residual stress, temperature through its walls, thermal bending, clamping."""

from twin.workpiece.release import Distortion, along_normal, distortion, release
from twin.workpiece.residual_stress import ResidualStress, balance
from twin.workpiece.sections import PartSections, Sections, part_sections

__all__ = [
    "Distortion",
    "PartSections",
    "ResidualStress",
    "Sections",
    "along_normal",
    "balance",
    "distortion",
    "part_sections",
    "release",
]
