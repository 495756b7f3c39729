"""The cutting edges of any tool as short straight elements, and the force on them at every instant."""

from twin.cutting.discretised.edge import DiscretisedEdge, discretise
from twin.cutting.discretised.force import chip_area, force_history

__all__ = ["DiscretisedEdge", "chip_area", "discretise", "force_history"]
