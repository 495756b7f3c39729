"""What a user declares before anything is written to a controller: the key ``control`` of a plant's options."""

from dataclasses import dataclass

from hardware.control.guard import GuardLimits
from twin.units import Force, Length, Rate, Ratio, Speed, Time


@dataclass(frozen=True, kw_only=True)
class DriftControl:
    """Live compensation of Z. Every limit must be declared."""

    largest_offset: Length
    """In either direction."""
    rate: Speed
    """Largest change a second."""
    dead_band: Length
    """Smaller changes are not sent."""
    patience: Time
    """The offset is held for so long without readings, then taken back."""

    @property
    def limits(self) -> GuardLimits:
        """For the guard, [m]."""
        return GuardLimits(
            lower=-self.largest_offset,
            upper=self.largest_offset,
            rate=self.rate,
            dead_band=self.dead_band,
            patience=self.patience,
            safe=0.0,
        )


@dataclass(frozen=True, kw_only=True)
class FeedControl:
    """Adaptive feed under a limit of force. Every limit must be declared."""

    force: Force
    """That the peak force is to stay under."""
    least: Ratio
    """Feed factor, 0..1, that is not gone below."""
    rate: Rate
    """Largest change of the factor a second."""
    dead_band: Ratio
    """Smaller changes are not sent."""
    patience: Time
    """The factor is held for so long without a place on the path, then goes to the least."""

    @property
    def limits(self) -> GuardLimits:
        """For the guard."""
        return GuardLimits(
            lower=self.least,
            upper=1.0,
            rate=self.rate,
            dead_band=self.dead_band,
            patience=self.patience,
            safe=self.least,
        )


@dataclass(frozen=True, kw_only=True)
class ControlOptions:
    """Off unless it is there."""

    armed: bool = False
    """Said on the command line, ``--arm``: nothing is written otherwise."""
    drift: DriftControl | None = None
    """None: Z is not compensated."""
    feed: FeedControl | None = None
    """None: the feed is left as it is."""
    log: str | None = None
    """File that every write is added to, JSON lines."""
