"""A milling tool in its holder, as a catalogue and a presetter describe it."""

from dataclasses import dataclass
from math import cos, sin, tan
from typing import Literal

from twin.errors import InputError
from twin.units import Angle, AngularStiffness, Length, Pressure, Stiffness

ToolKind = Literal["flat", "ball", "bull", "taper", "face", "drill"]


@dataclass(frozen=True)
class HolderSection:
    """One cylinder or cone of the holder, from the tool's side upwards."""

    length: Length
    """Axial length."""
    diameter_lower: Length
    """Diameter at the end nearer to the tip."""
    diameter_upper: Length
    """Diameter at the end nearer to the spindle."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A cutter, its shank and its holder.

    The cutting profile is the curve radius(height above the tip):
    ``flat`` and ``face``: radius = diameter/2; ``ball``: a sphere of diameter/2; ``bull``: a torus of
    ``corner_radius``; ``taper``: a ball or flat tip of ``tip_diameter`` (``corner_radius`` = tip_diameter/2
    for a ball) and a cone of half angle ``taper_angle`` up to ``diameter``; ``drill``: a cone with the
    full ``point_angle`` and a cylinder.
    """

    number: int
    """T word."""
    name: str
    """What the tool list calls it."""
    kind: ToolKind
    """Shape of the cutting profile."""
    diameter: Length
    """Largest cutting diameter."""
    n_teeth: int
    """Number of teeth."""
    flute_length: Length
    """Length of the cutting edges above the tip."""
    stick_out: Length
    """Tip to holder face."""
    helix: Angle = 0.0
    """Helix angle."""
    rake: Angle = 0.0
    """Normal rake angle."""
    corner_radius: Length = 0.0
    """Radius of the corner (bull) or of the tip (taper)."""
    tip_diameter: Length = 0.0
    """Diameter of the tip of a taper tool."""
    taper_angle: Angle = 0.0
    """Half angle of a taper tool."""
    point_angle: Angle = 0.0
    """Full point angle of a drill."""
    pitch: tuple[Angle, ...] = ()
    """Angle from each tooth to the next; empty: uniform."""
    runout: Length = 0.0
    """Offset of the tool axis from the spindle axis."""
    runout_angle: Angle = 0.0
    """Direction of that offset, from tooth 0."""
    shank_diameter: Length = 0.0
    """Diameter above the flutes; 0: as the cutting diameter."""
    youngs_modulus: Pressure = 600e9
    """Of the tool material (carbide 600 GPa, steel 210 GPa)."""
    core_ratio: float = 0.8
    """Diameter of the equivalent beam over the cutting diameter in the fluted part."""
    web_ratio: float = 0.15
    """Length of a drill's chisel edge over its diameter."""
    holder: tuple[HolderSection, ...] = ()
    """Sections from the holder face upwards."""
    holder_stiffness: Stiffness = 2e7
    """Radial stiffness of spindle and holder at the holder face."""
    holder_tilt_stiffness: AngularStiffness = 1e6
    """Tilting stiffness of spindle and holder at the holder face."""
    z_offset: Length = 0.0
    """Tool length for G43."""
    wear_offset: Length = 0.0
    """Diameter correction of the control's D register: the control's diameter minus the tool's."""

    def __post_init__(self) -> None:
        def demand(ok: bool, what: str) -> None:
            if not ok:
                raise InputError(f"tool T{self.number} '{self.name}': {what}", remedy="correct the tool list")

        demand(self.diameter > 0, f"diameter {self.diameter * 1e3:g} mm is not positive")
        demand(self.n_teeth >= 1, f"n_teeth {self.n_teeth} is less than one")
        demand(self.flute_length > 0, f"flute length {self.flute_length * 1e3:g} mm is not positive")
        demand(
            self.stick_out >= self.flute_length,
            f"stick-out {self.stick_out * 1e3:g} mm is shorter than the flutes {self.flute_length * 1e3:g} mm",
        )
        demand(0 <= self.corner_radius <= self.diameter / 2 + 1e-12, "corner radius exceeds half the diameter")
        demand(not self.pitch or len(self.pitch) == self.n_teeth, "pitch needs one angle for each tooth")
        if self.kind == "bull":
            demand(self.corner_radius > 0, "a bull-nose tool needs a corner radius")
        if self.kind == "taper":
            demand(0 < self.taper_angle < 1.5, "a taper tool needs a taper angle between 0 and 86 degrees")
            demand(0 <= self.tip_diameter < self.diameter, "tip diameter must be smaller than the diameter")
            demand(
                self.corner_radius in (0.0,) or abs(self.corner_radius - self.tip_diameter / 2) < 1e-9,
                "the corner radius of a taper tool is 0 (flat tip) or half the tip diameter (ball tip)",
            )
        if self.kind == "drill":
            demand(0 < self.point_angle < 3.2, "a drill needs a point angle between 0 and 180 degrees")

    @property
    def radius(self) -> float:
        """Largest cutting radius [m]."""
        return self.diameter / 2

    @property
    def tip_height(self) -> float:
        """Height above the tip at which the full radius is reached [m]."""
        if self.kind == "ball":
            return self.radius
        if self.kind == "bull":
            return self.corner_radius
        if self.kind == "drill":
            return self.radius / tan(self.point_angle / 2)
        if self.kind == "taper":
            tangent_radius = self.corner_radius * cos(self.taper_angle)
            tangent_height = self.corner_radius * (1 - sin(self.taper_angle))
            start = tangent_radius if self.corner_radius else self.tip_diameter / 2
            return tangent_height + (self.radius - start) / tan(self.taper_angle)
        return 0.0
