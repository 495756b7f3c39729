"""Rows of SHDR as observations."""

from collections.abc import Callable, Iterator

from hardware.mtconnect_streams import Observation, parse_time
from twin.formats.shdr import LEVELS

MULTILINE = "--multiline--"
N_CONDITION, N_SERIES = 6, 4  # fields, the key among them


class ShdrRows:
    """Reads line after line; assets, which may have many lines, are passed over.

    Args:
        is_series: whether a key is a time series.
        arrived: time of arrival [s], for rows that have none; None: they are unreadable.
    """

    def __init__(self, is_series: Callable[[str], bool], arrived: Callable[[], float] | None = None):
        self._is_series, self._arrived = is_series, arrived
        self._until = ""  # what ends the asset that is being passed over
        self.unreadable = 0

    def read(self, line: str) -> Iterator[Observation]:
        """What a line says; nothing where it is a command, part of an asset, or no SHDR."""
        if self._until:
            self._until = "" if line.strip() == self._until else self._until
            return
        if not line.strip() or line.startswith("*"):
            return
        stamp, *fields = line.rstrip("\r\n").split("|")
        if fields and fields[0].startswith("@"):
            if MULTILINE in fields[-1]:
                self._until = fields[-1].strip()
            return
        time = parse_time(stamp)
        if time is None and self._arrived and not stamp.strip():
            time = self._arrived()
        if time is None or len(fields) < 2:
            self.unreadable += 1
            return
        yield from self._pairs(time, fields)

    def _pairs(self, time: float, fields: list[str]) -> Iterator[Observation]:
        at = 0
        while at + 1 < len(fields):
            key, text = _key(fields[at]), fields[at + 1].strip()
            if self._is_series(key) and at + N_SERIES <= len(fields):
                yield Observation(key, time, fields[at + 3].strip(), rate=_rate(fields[at + 2]))
                at += N_SERIES
            elif _is_condition(fields[at:]):
                yield Observation(key, time, text.upper())
                return
            else:
                yield Observation(key, time, text)
                at += 2
        if at < len(fields):
            self.unreadable += 1  # a row that breaks off


def _key(field: str) -> str:
    """Without the device in front: ``mill:Xabs``."""
    return field.rsplit(":", 1)[-1].strip()


def _is_condition(fields: list[str]) -> bool:
    """A level and four more; three pairs, the first unavailable, look alike but have a key in third place."""
    level = fields[1].strip().upper()
    return len(fields) == N_CONDITION and level in LEVELS and (level != "UNAVAILABLE" or not fields[2])


def _rate(text: str) -> float | None:
    try:
        return float(text) or None
    except ValueError:
        return None
