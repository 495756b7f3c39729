"""Limits that a drawing, a standard or a rule of the shop gives to characteristics of features."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from twin.errors import InputError
from twin.units import Length


@dataclass(frozen=True, kw_only=True)
class ToleranceRow:
    """Limits of the difference from nominal of some characteristics."""

    features: tuple[str, ...] = ("*",)
    """Patterns of names of features."""
    characteristics: tuple[str, ...] = ("*",)
    """diameter, flatness ..., or patterns of them."""
    lower: Length | None = None
    """Least difference from nominal; none: any."""
    upper: Length | None = None
    """Largest difference from nominal; none: any."""
    source: str = ""
    """Drawing, standard, or 'assumed'."""

    def __post_init__(self) -> None:
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            names = ", ".join(f"{f}.{c}" for f in self.features for c in self.characteristics)
            raise InputError(f"the limits of {names} leave nothing", remedy="lower_um < upper_um")

    def fits(self, feature: str, characteristic: str) -> bool:
        """Whether the row is about that characteristic."""
        return any(fnmatchcase(feature, pattern) for pattern in self.features) and any(
            fnmatchcase(characteristic, pattern) for pattern in self.characteristics
        )
