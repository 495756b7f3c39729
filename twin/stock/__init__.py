from twin.stock.cut import Collision, Columns, Comparison, Cut, Engagement, Gouge, Provenance, Surface
from twin.stock.grid import Grid
from twin.stock.removal import RemovalSettings, cut
from twin.stock.workpiece import Stock

__all__ = [
    "Collision",
    "Columns",
    "Comparison",
    "Cut",
    "Engagement",
    "Gouge",
    "Grid",
    "Provenance",
    "RemovalSettings",
    "Stock",
    "Surface",
    "cut",
]
