"""The cut: cutter geometry, material coefficients, forces, torque, power, static deflection."""

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact, contact
from twin.cutting.cutter import Cutters, cutters
from twin.cutting.deflection import beams, compliance, static_deflection
from twin.cutting.loads import Loads, loads
from twin.cutting.material import Material
from twin.cutting.spindle_load import SpindleCurve, available_torque, spindle_curve, torque_margin

__all__ = [
    "Contact",
    "CuttingCoefficients",
    "Cutters",
    "Loads",
    "Material",
    "SpindleCurve",
    "available_torque",
    "beams",
    "compliance",
    "contact",
    "cutters",
    "loads",
    "spindle_curve",
    "static_deflection",
    "torque_margin",
]
