"""What is asked of the part: a characteristic of a feature, with its datums (ISO 1101 and ISO 5459 subset).

Sizes and places are least-squares (ISO 14405-1 GG); form, orientation, location and profile are widths of zones:

- ``diameter``, ``thickness``, ``width``: of the fitted cylinder; distance of the fitted planes in the middle of the
  wall or slot;
- ``x``, ``y`` (``u``, ``v``), ``height``: place of the fitted feature in the part frame or the datum system;
- ``roundness``: largest of the probed circles; ``cylindricity``, ``flatness``: about the least-squares feature;
- ``position``: diameter of the cylinder about the nominal axis that holds the whole fitted axis;
- ``perpendicularity`` of an axis to a plane: diameter of the cylinder, square to the datum, that holds the fitted axis;
- ``perpendicularity``, ``parallelism`` of a plane: distance of two planes, square or parallel to the datum, that hold
  every point; ``parallelism`` of a wall: of its upper face to its lower one;
- ``profile``: twice the largest distance from the nominal surface in the datum system; ``mean``: its mean distance.

Without datums a characteristic refers to the frame that the part was machined in. Not in the subset: material
conditions, projected zones, datum targets, common datums, patterns of features as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.inspection.datum import is_datum
from twin.inspection.features import Circle, Feature, Plane, Profile, Slot, Wall, frame

ACROSS = ("diameter", "u", "v", "position", "roundness", "cylindricity", "perpendicularity", "profile")
CHARACTERISTICS: dict[type, tuple[str, ...]] = {
    Circle: ACROSS,
    Plane: ("height", "flatness", "parallelism", "perpendicularity", "profile"),
    Wall: ("thickness", "parallelism"),
    Slot: ("width",),
    Profile: ("profile", "mean"),
}
DEFAULT: dict[type, tuple[str, ...]] = {
    Circle: ("diameter", "u", "v", "position", "roundness", "cylindricity"),
    Plane: ("height", "flatness"),
    Wall: ("thickness", "parallelism"),
    Slot: ("width",),
    Profile: ("profile", "mean"),
}
FORM = ("roundness", "cylindricity", "flatness")  # have a minimum zone of their own
SQUARE = np.sin(np.radians(1.0))  # directions within a degree of parallel or square


@dataclass(frozen=True)
class Callout:
    """One characteristic of one feature."""

    feature: str
    characteristic: str
    datums: tuple[str, ...] = ()
    """Names of features, by precedence."""

    @property
    def label(self) -> str:
        """As on a drawing: ``perpendicularity | A | B``."""
        return " | ".join((self.characteristic, *self.datums))


def default_callouts(features: Sequence[Feature]) -> tuple[Callout, ...]:
    """What a report asks when nothing is called out: size, place and form of every feature in the machining frame.

    Orientation is asked against the first plane, where there is one: holes along its normal and faces beside it.
    """
    first = next((f for f in features if isinstance(f, Plane)), None)
    callouts = []
    for feature in features:
        callouts += [Callout(feature.name, name) for name in DEFAULT[type(feature)]]
        if first is not None and feature is not first and isinstance(feature, (Circle, Plane)):
            alike = abs(float(frame(feature)[2] @ frame(first)[2]))
            if alike > 1 - SQUARE or (alike < SQUARE and isinstance(feature, Plane)):
                parallel = isinstance(feature, Plane) and alike > 1 - SQUARE
                callouts.append(Callout(feature.name, "parallelism" if parallel else "perpendicularity", (first.name,)))
    return tuple(callouts)


def check_callouts(callouts: Sequence[Callout], features: Sequence[Feature]) -> None:
    """
    Raises:
        InputError: an unknown feature or datum, a characteristic that its feature does not have, a datum that is
            neither plane nor axis.
    """
    known = {f.name: f for f in features}
    for callout in callouts:
        for name in (callout.feature, *callout.datums):
            if name not in known:
                raise InputError(
                    f"{callout.characteristic} asks for the feature '{name}', which there is not",
                    remedy="known: " + ", ".join(known),
                )
        allowed = CHARACTERISTICS[type(known[callout.feature])]
        if callout.characteristic not in (*allowed, "x", "y"):
            raise InputError(
                f"'{callout.feature}' has no {callout.characteristic}", remedy="it has " + ", ".join(allowed)
            )
        for name in callout.datums:
            if not is_datum(known[name]):
                raise InputError(f"'{name}' cannot be a datum", remedy="a plane or a circle can")


def nominal_of(feature: Feature, characteristic: str) -> float:
    """Nominal value [m]; 0 of a zone."""
    if isinstance(feature, Circle):
        u, v, _ = frame(feature) @ np.asarray(feature.centre)
        place = {"u": float(u), "v": float(v), "x": float(u), "y": float(v)}
        return {"diameter": feature.diameter, **place}.get(characteristic, 0.0)
    if isinstance(feature, Plane) and characteristic == "height":
        return feature.nominal[0]
    if isinstance(feature, Slot):
        return feature.width
    return feature.thickness if isinstance(feature, Wall) and characteristic == "thickness" else 0.0
