"""The form that the cut leaves: surface location error, thin walls, scallops, roughness."""

from twin.cutting.form.roughness import Roughness, feed_mark_roughness, runout_reach
from twin.cutting.form.scallop import scallop_height, step_for_scallop
from twin.cutting.form.surface_error import SurfaceError, surface_error, wall_displacement
from twin.cutting.form.thin_wall import ThinWall, wall_compliance, wall_deviation
from twin.cutting.form.yielding_wall import DeclaredWall, Standing, standing, wall_yields

__all__ = [
    "DeclaredWall",
    "Roughness",
    "Standing",
    "SurfaceError",
    "ThinWall",
    "feed_mark_roughness",
    "runout_reach",
    "scallop_height",
    "standing",
    "step_for_scallop",
    "surface_error",
    "wall_compliance",
    "wall_deviation",
    "wall_displacement",
    "wall_yields",
]
