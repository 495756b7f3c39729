"""A milling tool in its holder, as a catalogue and a presetter describe it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin, tan
from typing import Literal, NamedTuple

from twin.errors import InputError
from twin.units import Angle, AngularStiffness, Density, Length, Pressure, Ratio, Stiffness

ToolKind = Literal["flat", "ball", "bull", "taper", "chamfer", "face", "drill"]
SERRATED = ("flat", "bull")  # kinds that are made with a serrated edge
STEEPEST_SERRATION = 0.25  # amplitude over wavelength: slopes of 57 degrees


class Profile(NamedTuple):
    """What a tool sweeps, as an APT cutter: a flat disk, a corner arc, a cone, a cylinder."""

    disk: float
    """Radius of the flat bottom, and of the corner arc's centre [m]."""
    corner: float
    """Radius of the corner arc [m]."""
    half_angle: float
    """Between the cone and the tool axis [rad]; 0: no cone."""

    @property
    def tangent_radius(self) -> float:
        """Radius at which the arc meets the cone [m]."""
        return self.disk + self.corner * cos(self.half_angle)

    @property
    def tangent_height(self) -> float:
        """Height at which the arc meets the cone [m]."""
        return self.corner * (1 - sin(self.half_angle))


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
    ``flat``: radius = diameter/2; ``ball``: a sphere of diameter/2; ``bull``: a torus of
    ``corner_radius``; ``taper``: a ball or flat tip of ``tip_diameter`` (``corner_radius`` = tip_diameter/2
    for a ball) and a cone of half angle ``taper_angle`` up to ``diameter``; ``chamfer``: a flat tip of
    ``tip_diameter`` and a cone with the full ``point_angle``; ``face``: inserts of ``corner_radius`` under
    ``lead_angle``, from ``tip_diameter`` up to ``diameter``; ``drill``: a cone with the full ``point_angle``
    and a cylinder.
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
    tooth_helix: tuple[Angle, ...] = ()
    """Helix angle of each tooth; empty: every tooth has ``helix``."""
    rake: Angle = 0.0
    """Normal rake angle."""
    corner_radius: Length = 0.0
    """Radius of the corner (bull, insert of a face mill) or of the tip (taper)."""
    tip_diameter: Length = 0.0
    """Diameter at the tip of a taper or chamfer tool, and of a face mill with a lead angle (there the catalogue's DC,
    where the straight edge meets the floor; ISO 13399)."""
    taper_angle: Angle = 0.0
    """Half angle of a taper tool."""
    lead_angle: Angle = 0.0
    """Of a face mill: 90 degrees less the tool cutting edge angle (ISO 13399 KAPR); 0: a square shoulder."""
    point_angle: Angle = 0.0
    """Full point angle of a drill or chamfer tool."""
    pitch: tuple[Angle, ...] = ()
    """Angle from each tooth to the next, at the tip; empty: uniform."""
    serration_wavelength: Length = 0.0
    """Axial wavelength of a roughing tool's sinusoidal edge; 0: a smooth edge."""
    serration_amplitude: Length = 0.0
    """Half of the wave's height; its crests reach the diameter."""
    serration_phase: tuple[Angle, ...] = ()
    """Shift of each tooth's wave up the tool; empty: evenly over one wavelength, as roughing tools are ground."""
    runout: Length = 0.0
    """Offset of the tool axis from the spindle axis, at the tip."""
    runout_angle: Angle = 0.0
    """Direction of that offset, from tooth 0."""
    runout_tilt: Angle = 0.0
    """Angle between the tool axis and the spindle axis."""
    runout_tilt_angle: Angle = 0.0
    """Direction in which the tool leans away from the tip, from tooth 0."""
    shank_diameter: Length = 0.0
    """Diameter above the flutes; 0: as the cutting diameter."""
    youngs_modulus: Pressure = 600e9
    """Of the tool material (carbide 600 GPa, steel 210 GPa)."""
    density: Density = 14400.0
    """Of the tool material (carbide 14,400 kg/m3, steel 7,850 kg/m3)."""
    core_ratio: float = 0.8
    """Diameter of the equivalent beam over the cutting diameter in the fluted part."""
    web_ratio: float = 0.15
    """Length of a drill's chisel edge over its diameter."""
    holder: tuple[HolderSection, ...] = ()
    """Sections from the holder face upwards."""
    holder_youngs_modulus: Pressure = 210e9
    """Of the holder material."""
    holder_density: Density = 7850.0
    """Of the holder material."""
    loss_factor: Ratio = 0.02
    """Of the vibrating tool in its clamp and of the holder: imaginary over real part of the moduli."""
    holder_stiffness: Stiffness = 2e7
    """Radial stiffness of spindle and holder at the holder face."""
    holder_tilt_stiffness: AngularStiffness = 1e6
    """Tilting stiffness of spindle and holder at the holder face."""
    life_used: Ratio = 0.0
    """Part of its life used up before this part: its worn edge rubs more."""
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
        demand(
            not self.tooth_helix or len(self.tooth_helix) == self.n_teeth, "tooth_helix needs one angle for each tooth"
        )
        demand(
            all(abs(angle) < 1.4 for angle in (self.helix, *self.tooth_helix)),
            "a helix angle is not between -80 and 80 degrees",
        )
        if self.kind == "bull":
            demand(self.corner_radius > 0, "a bull-nose tool needs a corner radius")
        if self.kind == "taper":
            demand(0 < self.taper_angle < 1.5, "a taper tool needs a taper angle between 0 and 86 degrees")
            demand(0 <= self.tip_diameter < self.diameter, "tip diameter must be smaller than the diameter")
            demand(
                self.corner_radius in (0.0,) or abs(self.corner_radius - self.tip_diameter / 2) < 1e-9,
                "the corner radius of a taper tool is 0 (flat tip) or half the tip diameter (ball tip)",
            )
        if self.kind == "chamfer":
            demand(0 < self.point_angle < 3.1, "a chamfer tool needs a point angle between 0 and 178 degrees")
            demand(0 <= self.tip_diameter < self.diameter, "tip diameter must be smaller than the diameter")
        if self.kind == "face" and (self.lead_angle or self.corner_radius):
            self._check_inserts(demand)
        if self.kind == "drill":
            demand(0 < self.point_angle < 3.2, "a drill needs a point angle between 0 and 180 degrees")
        self._check_serration(demand)
        self._check_order(demand)

    def _check_inserts(self, demand: Callable[[bool, str], None]) -> None:
        """Inserts of a face mill fit between its tip and its largest diameter."""
        if self.lead_angle:
            demand(0 < self.lead_angle < 1.5, "the lead angle is not between 0 and 86 degrees")
            demand(
                0 < self.tip_diameter < self.diameter,
                "a face mill with a lead angle needs a tip diameter (DC) between 0 and the diameter (DCX)",
            )
        profile = self.profile
        demand(profile.disk >= 0, "the insert radius reaches beyond the tool axis")
        demand(
            profile.tangent_radius <= self.radius + 1e-12,
            f"an insert radius of {self.corner_radius * 1e3:g} mm does not fit below the diameter: "
            f"it needs {2e3 * profile.tangent_radius:g} mm",
        )

    def _check_serration(self, demand: Callable[[bool, str], None]) -> None:
        """A serrated edge is a wave that can be ground."""
        wave = self.serration_amplitude
        demand(wave >= 0 and self.serration_wavelength >= 0, "a serration is negative")
        demand((wave > 0) == (self.serration_wavelength > 0), "a serration needs both a wavelength and an amplitude")
        demand(
            not self.serration_phase or len(self.serration_phase) == self.n_teeth,
            "serration_phase needs one angle for each tooth",
        )
        if wave:
            demand(self.kind in SERRATED, f"a {self.kind} tool cannot be serrated ({' and '.join(SERRATED)} can)")
            demand(
                wave <= STEEPEST_SERRATION * self.serration_wavelength,
                f"a serration of {wave * 1e3:g} mm amplitude is too steep for a wavelength of "
                f"{self.serration_wavelength * 1e3:g} mm: at most a quarter",
            )
            demand(2 * wave < self.radius - self.corner_radius, "the serration is deeper than the tool is thick")

    def _check_order(self, demand: Callable[[bool, str], None]) -> None:
        """Teeth of unlike helix do not meet anywhere on the flutes."""
        if not self.tooth_helix:
            return
        pitch = self.pitch or (2 * pi / self.n_teeth,) * self.n_teeth
        lag = [tan(helix) / self.radius * self.flute_length for helix in self.tooth_helix]
        top = [step + later - lag[k] for k, (step, later) in enumerate(zip(pitch, [*lag[1:], lag[0]], strict=True))]
        demand(min(top) > 0, "teeth of unlike helix cross each other on the flutes")

    @property
    def radius(self) -> float:
        """Largest cutting radius [m]."""
        return self.diameter / 2

    @property
    def profile(self) -> Profile:
        """What the tool sweeps, below its cylinder."""
        corner = self.corner_radius
        if self.kind == "ball":
            return Profile(0.0, self.radius, 0.0)
        if self.kind == "bull":
            return Profile(self.radius - corner, corner, 0.0)
        if self.kind == "taper":
            return Profile(self.tip_diameter / 2 - corner, corner, self.taper_angle)
        if self.kind == "chamfer":
            return Profile(self.tip_diameter / 2, 0.0, self.point_angle / 2)
        if self.kind == "face":
            sharp = self.tip_diameter / 2 if self.lead_angle else self.radius
            return Profile(sharp - corner * tan(pi / 4 - self.lead_angle / 2), corner, self.lead_angle)
        if self.kind == "drill":
            return Profile(0.0, 0.0, self.point_angle / 2)
        return Profile(self.radius, 0.0, 0.0)

    @property
    def tip_height(self) -> float:
        """Height above the tip at which the full radius is reached [m]."""
        profile = self.profile
        if not profile.half_angle:
            return profile.corner
        return profile.tangent_height + (self.radius - profile.tangent_radius) / tan(profile.half_angle)
