"""The cut: cutter geometry, material coefficients, forces, torque, power, static deflection."""

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact, contact
from twin.cutting.cutter import Cutters, cutters
from twin.cutting.deflection import static_deflection, tip_compliance
from twin.cutting.loads import Loads, loads
from twin.cutting.material import Material

__all__ = [
    "Contact",
    "CuttingCoefficients",
    "Cutters",
    "Loads",
    "Material",
    "contact",
    "cutters",
    "loads",
    "static_deflection",
    "tip_compliance",
]
