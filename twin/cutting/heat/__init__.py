"""Heat of the cut: temperatures, and its division among work, chip and tool."""

from twin.cutting.heat.johnson_cook import JohnsonCook, flow_stress
from twin.cutting.heat.orthogonal import OrthogonalCut, lee_shaffer_angle, merchant_angle, shear_plane_cut
from twin.cutting.heat.oxley import OxleyCut, OxleyMaterial, oxley
from twin.cutting.heat.partition import boothroyd_share, chip_rise, rectangle_factor, thermal_number, weiner_share
from twin.cutting.heat.share import HeatShare, workpiece_share
from twin.cutting.heat.table import FlowStressTable, ToolMaterial
from twin.cutting.heat.temperature import CutTemperature, HeatProperties, cut_temperature

__all__ = [
    "CutTemperature",
    "FlowStressTable",
    "HeatProperties",
    "HeatShare",
    "JohnsonCook",
    "OrthogonalCut",
    "OxleyCut",
    "OxleyMaterial",
    "ToolMaterial",
    "boothroyd_share",
    "chip_rise",
    "cut_temperature",
    "flow_stress",
    "lee_shaffer_angle",
    "merchant_angle",
    "oxley",
    "rectangle_factor",
    "shear_plane_cut",
    "thermal_number",
    "weiner_share",
    "workpiece_share",
]
