"""Flank wear: laws, wear along a program and over parts, growth of the forces, fits to measured wear."""

from twin.cutting.wear.hierarchy import WearModel, WearReadings, fit_wear, predict_wear, wear_below
from twin.cutting.wear.law import TaylorLaw, UsuiLaw, fit_taylor, life_at, taylor_wear, tool_life, usui_rate
from twin.cutting.wear.path import (
    WearGrowth,
    life_used,
    parts_per_tool,
    usui_wear,
    wear_over_parts,
    worn_coefficients,
)
from twin.cutting.wear.program import ProgramWear, program_wear, radial_immersion
from twin.cutting.wear.table import WearTable

__all__ = [
    "ProgramWear",
    "TaylorLaw",
    "UsuiLaw",
    "WearGrowth",
    "WearModel",
    "WearReadings",
    "WearTable",
    "fit_taylor",
    "fit_wear",
    "life_at",
    "life_used",
    "parts_per_tool",
    "predict_wear",
    "program_wear",
    "radial_immersion",
    "taylor_wear",
    "tool_life",
    "usui_rate",
    "usui_wear",
    "wear_below",
    "wear_over_parts",
    "worn_coefficients",
]
