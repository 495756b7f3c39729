"""Virtual inspection: features of the part, fitted to the predicted surface."""

from twin.inspection.evaluate import Inspection, Plan, inspect, measure, plan
from twin.inspection.features import Circle, Feature, Plane, Profile, Slot, Wall, read_features

__all__ = [
    "Circle",
    "Feature",
    "Inspection",
    "Plan",
    "Plane",
    "Profile",
    "Slot",
    "Wall",
    "inspect",
    "measure",
    "plan",
    "read_features",
]
