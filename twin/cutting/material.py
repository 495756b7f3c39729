"""The schema of conf/material: what is known of a workpiece material, from where, and how well.

Flow stresses are in conf/flow_stress (:mod:`twin.cutting.heat.table`).

A quantity is written once, with its standard deviation: ``ktc_n_mm2: 767 ± 310``. Sources that disagree stand side by
side as rows; every row says where it comes from and how sure it is.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Literal

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.laws import Kienzle
from twin.cutting.oblique import OrthogonalDatabase
from twin.errors import InputError
from twin.units import Angle, Ratio, Uncertain

Sureness = Literal["read", "remembered", "assumed"]

UncertainPressure = Annotated[Uncertain, "Pa"]
UncertainLineForce = Annotated[Uncertain, "N/m (edge)"]
UncertainAngle = Annotated[Uncertain, "rad"]
UncertainRatio = Annotated[Uncertain, "1"]
PHYSICAL = ("density", "specific_heat", "conductivity", "expansion", "youngs_modulus")
COEFFICIENTS = tuple(field.name for field in fields(CuttingCoefficients))


@dataclass(frozen=True, kw_only=True)
class Row:
    """Where numbers come from."""

    name: str = ""
    """What others refer to."""
    source: str
    """Publication, state of the material, tool."""
    sureness: Sureness
    """Read in the source, remembered from it, or assumed."""
    assumed: tuple[str, ...] = ()
    """Quantities of this row that are not in the source but assumed."""


@dataclass(frozen=True, kw_only=True)
class PhysicalProperties(Row):
    """Physical properties of one source at room temperature; None where it is silent."""

    density: Annotated[Uncertain, "kg/m3"] | None = None
    """Mass per volume."""
    specific_heat: Annotated[Uncertain, "J/(kg K)"] | None = None
    """Heat per mass and kelvin."""
    conductivity: Annotated[Uncertain, "W/(m K)"] | None = None
    """Thermal conductivity."""
    expansion: Annotated[Uncertain, "1/K"] | None = None
    """Coefficient of linear thermal expansion."""
    youngs_modulus: UncertainPressure | None = None
    """Young's modulus."""


@dataclass(frozen=True, kw_only=True)
class CoefficientSet(Row):
    """Cutting coefficients of one source: see :class:`twin.cutting.CuttingCoefficients`."""

    ktc: UncertainPressure
    """Tangential, per chip area."""
    krc: UncertainPressure
    """Radial, per chip area."""
    kac: UncertainPressure
    """Axial, per chip area."""
    kte: UncertainLineForce
    """Tangential, per edge length."""
    kre: UncertainLineForce
    """Radial, per edge length."""
    kae: UncertainLineForce
    """Axial, per edge length."""
    chisel: UncertainPressure
    """Thrust of a drill's chisel edge per area of its chip."""
    kienzle: str = ""
    """The Kienzle row whose straight line from 0.02 to 0.15 mm the tangential pair is; empty: no such row."""
    scatter_basis: str
    """Where the standard deviations come from: how far another tool, heat or machine may lie."""


@dataclass(frozen=True, kw_only=True)
class KienzleSet(Row):
    """Specific cutting force of one source: kc = kc11 (h / 1 mm)^-mc."""

    kc11: UncertainPressure
    """Specific cutting force at a chip of 1 mm by 1 mm."""
    mc: UncertainRatio
    """How fast it falls with the chip thickness: the exponent."""
    rake: Angle
    """Rake of the tests that the table is given for."""

    def law(self, rake: float, radial: float = 0.0, axial: float = 0.0) -> Kienzle:
        """The force law of a tool of ``rake`` [rad], with the radial and axial shares of the tangential force."""
        return Kienzle(self.kc11.value, self.mc.value, rake - self.rake, radial, axial)


@dataclass(frozen=True, kw_only=True)
class OrthogonalSet(Row):
    """Orthogonal cutting tests of one source: see :class:`twin.cutting.oblique.OrthogonalDatabase`."""

    shear_stress: UncertainPressure
    """In the shear plane, at rake 0."""
    shear_stress_rake: Annotated[float, "Pa/rad"] = 0.0
    """Its change with the rake."""
    friction: UncertainAngle
    """Friction angle on the rake face, at rake 0 and a chip of no thickness."""
    friction_rake: Ratio = 0.0
    """Its change with the rake."""
    friction_chip: Annotated[float, "rad/m"] = 0.0
    """Its change with the chip thickness."""
    friction_speed: Annotated[float, "rad s/m"] = 0.0
    """Its change with the cutting speed."""
    chip_ratio: UncertainRatio = Uncertain(0.0, 0.0)
    """Uncut over cut chip thickness, at a chip of 1 mm and rake 0; 0: the shear angle is given instead."""
    chip_ratio_rake: Annotated[float, "1/rad"] = 0.0
    """Its change with the rake."""
    power: Ratio = 0.0
    """Exponent of the chip ratio in the chip thickness."""
    power_rake: Annotated[float, "1/rad"] = 0.0
    """Its change with the rake."""
    shear_angle: UncertainAngle = Uncertain(0.0, 0.0)
    """At rake 0 and a chip of no thickness; used where no chip ratio is given."""
    shear_angle_rake: Ratio = 0.0
    """Its change with the rake."""
    shear_angle_chip: Annotated[float, "rad/m"] = 0.0
    """Its change with the chip thickness."""
    shear_angle_speed: Annotated[float, "rad s/m"] = 0.0
    """Its change with the cutting speed."""
    kte: UncertainLineForce
    """Tangential edge force per edge length."""
    kre: UncertainLineForce
    """Edge force per edge length, normal to the cut surface."""

    @property
    def database(self) -> OrthogonalDatabase:
        """Parameters of the transformation."""
        values = {field.name: getattr(self, field.name) for field in fields(OrthogonalDatabase)}
        return OrthogonalDatabase(
            **{name: value.value if isinstance(value, Uncertain) else value for name, value in values.items()}
        )


@dataclass(frozen=True, kw_only=True)
class Material:
    """A workpiece material. Sources that disagree stand side by side; ``chosen`` is the one in force."""

    name: str
    """Alloy and temper."""
    physical: PhysicalProperties
    """In force: complete."""
    physical_elsewhere: tuple[PhysicalProperties, ...] = ()
    """What other sources say."""
    workpiece_share: Ratio
    """Part of the cutting power that stays in the part as heat."""
    workpiece_share_source: str
    """Where that part comes from."""
    cutting: tuple[CoefficientSet, ...]
    """Every source of cutting coefficients."""
    chosen: str
    """Name of the set in force."""
    reason: str
    """Why that one."""
    kienzle: tuple[KienzleSet, ...] = ()
    """Specific cutting forces of handbooks."""
    orthogonal: tuple[OrthogonalSet, ...] = ()
    """Orthogonal cutting tests, for the transformation to milling."""

    def __post_init__(self) -> None:
        names = [entry.name for entry in self.cutting]
        if self.chosen not in names:
            raise InputError(
                f"{self.name} has no cutting coefficients '{self.chosen}'", remedy="one of " + ", ".join(names)
            )
        missing = [name for name in PHYSICAL if getattr(self.physical, name) is None]
        if missing:
            raise InputError(f"{self.name}: {', '.join(missing)} is not given", remedy="add it to 'physical'")
        if min(getattr(self.physical, name).value for name in PHYSICAL if name != "expansion") <= 0:
            raise InputError(f"{self.name}: a physical property is not positive", remedy="correct conf/material")
        for row in (*self.cutting, *self.kienzle, *self.orthogonal):
            unknown = [name for name in row.assumed if not hasattr(row, name)]
            if unknown:
                raise InputError(f"{self.name}, row '{row.name}': there is no quantity '{unknown[0]}' to be assumed")

    @property
    def density(self) -> float:
        """[kg/m3]"""
        return _value(self.physical.density)

    @property
    def specific_heat(self) -> float:
        """[J/(kg K)]"""
        return _value(self.physical.specific_heat)

    @property
    def conductivity(self) -> float:
        """[W/(m K)]"""
        return _value(self.physical.conductivity)

    @property
    def expansion(self) -> float:
        """[1/K]"""
        return _value(self.physical.expansion)

    @property
    def youngs_modulus(self) -> float:
        """[Pa]"""
        return _value(self.physical.youngs_modulus)

    @property
    def chosen_set(self) -> CoefficientSet:
        """The set in force, with its scatter."""
        return next(entry for entry in self.cutting if entry.name == self.chosen)

    @property
    def coefficients(self) -> CuttingCoefficients:
        """Parameters of the force model."""
        return CuttingCoefficients(**{name: getattr(self.chosen_set, name).value for name in COEFFICIENTS})

    @property
    def coefficient_deviations(self) -> CuttingCoefficients:
        """One standard deviation of each of the :attr:`coefficients`."""
        return CuttingCoefficients(**{name: getattr(self.chosen_set, name).deviation for name in COEFFICIENTS})


def _value(quantity: Uncertain | None) -> float:
    assert quantity is not None  # __post_init__ has seen to it
    return quantity.value
