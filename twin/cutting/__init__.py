"""The cut: cutter geometry, material coefficients, forces, torque, power, static deflection."""

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact, contact
from twin.cutting.cutter import Cutters, cutters
from twin.cutting.loads import Loads, loads

__all__ = ["Contact", "CuttingCoefficients", "Cutters", "Loads", "contact", "cutters", "loads"]
