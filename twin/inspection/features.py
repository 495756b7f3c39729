"""What is inspected: circles, planes, walls, slots and profiles declared by where they are and which way they face."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.config import build
from twin.errors import InputError
from twin.units import Angle, Length

Point = tuple[Length, Length, Length]
Direction = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Circle:
    """A hole, bore or boss; a section of ``length`` of it."""

    name: str
    centre: Point
    """Point on the axis, middle of the section, part frame."""
    diameter: Length
    length: Length
    """Of the section, along the axis."""
    axis: Direction = (0.0, 0.0, 1.0)
    inner: bool = True
    """A hole, whose surface faces the axis; false: a boss."""
    first: Angle = 0.0
    """Start of the arc that is there, about the axis from the first lateral direction; a whole circle when ..."""
    last: Angle = 2 * np.pi
    """... this is a whole turn later."""
    margin: Length = 0.5e-3
    """Samples farther than this from the nominal surface belong to something else."""

    @property
    def characteristics(self) -> tuple[str, ...]:
        across = ("x", "y") if abs(_unit(self.axis)[2]) > 1 - 1e-9 else ("u", "v")
        return ("diameter", *across, "position", "roundness")

    @property
    def nominal(self) -> tuple[float, ...]:
        u, v, _ = frame(self) @ np.asarray(self.centre)
        return (self.diameter, float(u), float(v), 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A flat face, or a rectangle of it."""

    name: str
    centre: Point
    """Middle of the rectangle, part frame."""
    normal: Direction
    """Out of the material."""
    size: tuple[Length, Length]
    """Of the rectangle, along the two lateral directions."""
    margin: Length = 0.5e-3

    characteristics = ("height", "flatness")

    @property
    def nominal(self) -> tuple[float, ...]:
        return (float(np.dot(self.centre, _unit(self.normal))), 0.0)


@dataclass(frozen=True, kw_only=True)
class Wall:
    """Two opposite parallel faces and the material between them."""

    name: str
    centre: Point
    """Middle of the wall, half way between its faces."""
    normal: Direction
    """Across the wall."""
    thickness: Length
    size: tuple[Length, Length]
    """Of both faces, along the two lateral directions."""
    margin: Length = 0.5e-3

    characteristics = ("thickness",)

    @property
    def nominal(self) -> tuple[float, ...]:
        return (self.thickness,)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Two opposite parallel faces and the gap between them."""

    name: str
    centre: Point
    """Middle of the gap, half way between its faces."""
    normal: Direction
    """Across the slot."""
    width: Length
    size: tuple[Length, Length]
    """Of both faces, along the two lateral directions; without round ends."""
    margin: Length = 0.5e-3

    characteristics = ("width",)

    @property
    def nominal(self) -> tuple[float, ...]:
        return (self.width,)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A surface of any form within a box, inspected against its nominal form without best fit."""

    name: str
    centre: Point
    size: tuple[Length, Length, Length]
    """Edges of the box, along X, Y, Z."""
    normal: Direction | None = None
    """Only samples that face this way within ``spread``."""
    spread: Angle = np.pi / 6

    characteristics = ("profile", "mean")

    @property
    def nominal(self) -> tuple[float, ...]:
        return (0.0, 0.0)


Feature = Circle | Plane | Wall | Slot | Profile
Flat = Plane | Wall | Slot
KINDS: dict[str, type[Feature]] = {"circle": Circle, "plane": Plane, "wall": Wall, "slot": Slot, "profile": Profile}


def read_features(table: Any, *, file: object = None) -> tuple[Feature, ...]:
    """Features from the content of a features.yaml: a list of mappings, each with its ``kind``.

    Raises:
        InputError: no list, unknown kind or key, missing unit, a name twice, a size that is not positive.
    """
    if not isinstance(table, list):
        raise InputError("the features are not a list", file=file, remedy="begin every feature with '- kind: …'")
    features: list[Feature] = []
    for number, row in enumerate(table):
        where = f"[{number}]"
        if not isinstance(row, Mapping) or row.get("kind") not in KINDS:
            kind = row.get("kind") if isinstance(row, Mapping) else row
            raise InputError(f"feature {where} is of kind {kind!r}", file=file, remedy="one of " + ", ".join(KINDS))
        values = {key: value for key, value in row.items() if key != "kind"}
        feature = build(KINDS[row["kind"]], values, where, file=file)
        _check(feature, file)
        if feature.name in [f.name for f in features]:
            raise InputError(f"two features are named '{feature.name}'", file=file, remedy="rename one")
        features.append(feature)
    return tuple(features)


def frame(feature: Feature) -> np.ndarray:
    """Rows u, v, w (3, 3) of a feature: w is its axis or normal, u and v span the plane across it.

    u is horizontal (X where w is vertical, v then Y), so that v points upwards on an upright face.
    """
    if isinstance(feature, Profile):
        return np.eye(3)
    w = _unit(feature.axis if isinstance(feature, Circle) else feature.normal)
    if np.hypot(w[0], w[1]) < 1e-9:
        return np.diag([1.0, 1.0, w[2]])
    u = _unit(np.cross([0.0, 0.0, 1.0], w))
    return np.stack([u, np.cross(w, u), w])


def outset(feature: Flat) -> float:
    """How far its faces lie from its centre along their own normals, out of the material [m]."""
    match feature:
        case Wall():
            return feature.thickness / 2
        case Slot():
            return -feature.width / 2
    return 0.0


def _unit(vector: Any) -> np.ndarray:
    vector = np.asarray(vector, dtype=float)
    return vector / np.linalg.norm(vector)


def _check(feature: Feature, file: object) -> None:
    sizes = {"circle": ("diameter", "length"), "wall": ("thickness",), "slot": ("width",)}.get(
        type(feature).__name__.lower(), ()
    )
    values = [getattr(feature, name) for name in sizes]
    values += [] if isinstance(feature, Circle) else list(feature.size)
    direction = feature.axis if isinstance(feature, Circle) else feature.normal
    if min(values) <= 0 or (direction is not None and np.linalg.norm(direction) < 1e-9):
        raise InputError(
            f"feature '{feature.name}' has a size or direction of zero", file=file, remedy="give it an extent"
        )
