"""The form that the cut leaves: surface location error, thin walls, scallops, roughness."""

from twin.cutting.form.surface_error import SurfaceError, surface_error

__all__ = ["SurfaceError", "surface_error"]
