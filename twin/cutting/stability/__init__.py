"""Chatter: stability limits, charts over speed and depth, the margin of every segment of a program."""

from twin.cutting.stability.chart import (
    Chart,
    CriticalDepths,
    chatter_frequencies,
    critical_depths,
    islands,
    stability_chart,
)
from twin.cutting.stability.floquet import FLIP, HOPF, KINDS, REAL, Multipliers, floquet_multipliers
from twin.cutting.stability.gradient import Layout, layout, multiplier_modulus
from twin.cutting.stability.margin import Margins, chatter_margin
from twin.cutting.stability.milling import Milling, from_schmitz, turned, window
from twin.cutting.stability.multi_frequency import multi_frequency_depth
from twin.cutting.stability.tool import edge_direction, milling_of_tool, unmodelled
from twin.cutting.stability.zero_order import Lobes, zero_order_depth, zero_order_lobes

__all__ = [
    "FLIP",
    "HOPF",
    "KINDS",
    "REAL",
    "Chart",
    "CriticalDepths",
    "Layout",
    "Lobes",
    "Margins",
    "Milling",
    "Multipliers",
    "chatter_frequencies",
    "chatter_margin",
    "critical_depths",
    "edge_direction",
    "floquet_multipliers",
    "from_schmitz",
    "islands",
    "layout",
    "milling_of_tool",
    "multi_frequency_depth",
    "multiplier_modulus",
    "stability_chart",
    "turned",
    "unmodelled",
    "window",
    "zero_order_depth",
    "zero_order_lobes",
]
