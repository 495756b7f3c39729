"""The schema of conf/structure: the bodies of a machine, how they touch, what heats and what cools them.

Coordinates are those of the machine with every axis at its reference position, the middle of the travel as a rule.
"""

from dataclasses import dataclass, field
from typing import Literal

from twin.errors import InputError
from twin.units import (
    Conductance,
    Conductivity,
    Density,
    Expansion,
    Film,
    Length,
    Pressure,
    Ratio,
    SpecificHeat,
    Stiffness,
)

GROUND = "ground"
AMBIENT = "ambient"
VOID = "void"

Point = tuple[Length, Length, Length]


@dataclass(frozen=True, kw_only=True)
class StructureMaterial:
    """What a body is made of."""

    density: Density
    """Mass density."""
    specific_heat: SpecificHeat
    """Per mass."""
    conductivity: Conductivity
    """Of heat."""
    expansion: Expansion
    """Linear expansion coefficient."""
    youngs_modulus: Pressure
    """Young's modulus."""
    poisson: Ratio
    """Poisson's ratio."""
    scatter: Ratio
    """Relative standard deviation of the conductivity."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A box, cylinder or closed mesh; where two overlap the later one holds, ``void`` removes what stood there."""

    part: str
    """The part of the machine that it moves with; bodies of one part are bonded."""
    material: str
    """A name in ``materials``, or ``void``."""
    low: Point
    """Lower corner."""
    high: Point
    """Upper corner."""
    shape: Literal["box", "cylinder_x", "cylinder_y", "cylinder_z", "mesh"] = "box"
    """A cylinder fills the box around it; of a mesh that counts which lies within the box."""
    file: str | None = None
    """mesh: STL, PLY, OBJ or VTP in mm, in the coordinates of the machine; beside the structure, or a path."""
    wall: Length | None = None
    """Hollow, with walls this thick; solid if missing."""
    film: Film = 0.0
    """Of the free surface; closed cavities exchange nothing."""
    fluid: str = AMBIENT
    """Whose temperature the film meets."""
    scatter: Ratio = 0.0
    """Relative standard deviation of the film."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Two bodies of one part that touch imperfectly; without it they conduct as one piece."""

    between: tuple[str, str]
    """The two bodies."""
    film: Film
    """Contact conductance per area."""
    scatter: Ratio
    """Relative standard deviation."""
    source: str
    """Where the number comes from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class FurtherFilm:
    """A film beside that of the body, on all its free faces or on those that face one way."""

    body: str
    """Which body."""
    faces: Literal["all", "-x", "+x", "-y", "+y", "-z", "+z"] = "all"
    """Outward direction of the faces."""
    film: Film
    """Per area."""
    fluid: str
    """Whose temperature it meets."""
    when: Literal["always", "flood"] = "always"
    """With flood coolant only, or always."""
    scatter: Ratio
    """Relative standard deviation."""
    source: str
    """Where the number comes from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Cooling:
    """Channels within a body: a cooled spindle, motor or screw."""

    body: str
    """Which body."""
    low: Point | None = None
    """Lower corner of the box that holds them; all of the body if missing."""
    high: Point | None = None
    """Upper corner of the box."""
    conductance: Conductance
    """From the metal to the fluid."""
    fluid: str
    """Whose temperature it meets."""
    scatter: Ratio
    """Relative standard deviation."""
    source: str
    """Where the number comes from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Carriage:
    """A part moved by an axis."""

    axis: Literal["X", "Y", "Z"]
    """The axis that moves it."""
    sense: Literal["tool", "table"]
    """A part on the side of the table moves against the axis position."""
    base: str
    """The part that it moves on."""


@dataclass(frozen=True, kw_only=True)
class Joint:
    """Carriages, nuts, bearings, feet: patches that tie two parts by springs, and pass heat."""

    between: tuple[str, str]
    """The part that moves and the one that it moves on; ``ground`` for a foot."""
    at: tuple[Point, ...]
    """Centres of the patches; both parts must be there."""
    patch: Point
    """Edge lengths of each patch."""
    stiffness: tuple[Stiffness, Stiffness, Stiffness]
    """Of each patch along x, y, z; zero: free to slide."""
    conductance: Conductance = 0.0
    """Of all patches together; on a moved joint it is spread over the travel."""
    scatter: Ratio
    """Relative standard deviation of the conductance."""
    source: str
    """Where the numbers come from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Where a heat source enters: its power spreads over the volume of a body, or of the part of it in a box."""

    body: str
    """What it heats."""
    low: Point | None = None
    """Lower corner of the box."""
    high: Point | None = None
    """Upper corner of the box."""
    share: Ratio = 1.0
    """Of the power of the source."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where the tool or the part is held: a patch whose mean displacement and rotation count."""

    part: str
    """Part of the machine."""
    at: Point
    """Centre of the patch."""
    patch: Point
    """Edge lengths of the patch."""


@dataclass(frozen=True, kw_only=True)
class Structure:
    """A machine structure for the finite-volume model."""

    name: str
    """What people call it."""
    cell: Length
    """Edge length of a cell."""
    materials: dict[str, StructureMaterial]
    """What bodies are made of."""
    bodies: dict[str, Body]
    """In the order in which they are laid down."""
    contacts: tuple[Contact, ...] = ()
    """Imperfect contacts inside a part."""
    films: tuple[FurtherFilm, ...] = ()
    """Beside those of the bodies, e.g. of flood coolant."""
    coolings: dict[str, Cooling] = field(default_factory=dict)
    """Channels within bodies."""
    carriages: dict[str, Carriage] = field(default_factory=dict)
    """Parts that axes move."""
    joints: dict[str, Joint]
    """Ties between parts, and to the ground."""
    heats: dict[str, tuple[Heat, ...]]
    """Heat sources by name; a source of the lumped network of the same name feeds it."""
    tool: Reference
    """Spindle nose."""
    table: Reference
    """Top of the table."""
    reference_position: Point
    """Axis position for which the coordinates hold."""
    axis_positions: dict[str, tuple[Length, ...]]
    """Positions of X, Y, Z at which the displacement is computed; between them it is interpolated."""

    def __post_init__(self) -> None:
        if not self.cell > 0:
            raise InputError(f"cell is {self.cell} m", remedy="a positive edge length")
        parts = {body.part for body in self.bodies.values()}
        for name, body in self.bodies.items():
            if body.film < 0:
                raise InputError(f"film of body {name} is {body.film:g} W/m2K", remedy="zero or a positive film")
            _known(body.material, {*self.materials, VOID}, f"material of body {name}")
            if (body.shape == "mesh") != (body.file is not None):
                raise InputError(f"body {name}: a mesh needs a file, other shapes need none")
            if any(high <= low for low, high in zip(body.low, body.high, strict=True)):
                raise InputError(f"body {name} is empty", remedy="every coordinate of high above that of low")
        for contact in self.contacts:
            for body_name in contact.between:
                _known(body_name, self.bodies, "contact")
            if not contact.film > 0:
                raise InputError(f"contact between {' and '.join(contact.between)} is {contact.film:g} W/m2K")
        for further in self.films:
            _known(further.body, self.bodies, "films")
            if further.film < 0:
                raise InputError(f"further film of {further.body} is {further.film:g} W/m2K", remedy="zero or more")
        for name, cooling in self.coolings.items():
            _known(cooling.body, self.bodies, f"cooling {name}")
            if cooling.conductance < 0:
                raise InputError(f"cooling {name} is {cooling.conductance:g} W/K", remedy="zero or more")
        for name, carriage in self.carriages.items():
            _known(name, parts, "carriage")
            _known(carriage.base, parts, f"carriage {name}")
        for name, joint in self.joints.items():
            for part in joint.between:
                _known(part, {*parts, GROUND}, f"joint {name}")
            if joint.conductance < 0 or min(joint.stiffness) < 0:
                raise InputError(f"joint {name} is negative", remedy="conductance and stiffness of zero or more")
        for source, places in self.heats.items():
            for heat in places:
                _known(heat.body, self.bodies, f"heat {source}")
        for which in (self.tool, self.table):
            _known(which.part, parts, "reference")
        if set(self.axis_positions) != {"X", "Y", "Z"}:
            raise InputError("axis_positions needs X, Y and Z", remedy="one position for an axis that does not matter")


def _known(name: str, known: object, where: str) -> None:
    if name not in known:  # type: ignore[operator]
        raise InputError(f"{where}: {name!r} is not declared", remedy=f"known: {', '.join(sorted(known))}")  # type: ignore[call-overload]
