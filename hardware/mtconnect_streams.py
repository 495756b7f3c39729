"""What agents and adapters observe: answers to /current and /sample in XML, rows of SHDR (standard, part 3 and 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from hardware.mtconnect_model import local, parse_xml
from twin.errors import InputError

CATEGORIES = ("Samples", "Events", "Condition")
UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was said of a data item."""

    item: str
    """Id of the data item, or the adapter's key."""
    time: float
    """UTC since 1970 [s]; of a time series that of its last value."""
    text: str
    """As sent; of a condition its level in capitals."""
    sequence: int = 0
    """Number that the agent gave it; 0: an adapter gives none."""
    rate: float | None = None
    """[Hz] of a time series, where it says so itself."""

    @property
    def is_number(self) -> bool:
        """It says one or more numbers."""
        try:
            float(self.text.split(maxsplit=1)[0])
        except (ValueError, IndexError):
            return False
        return True


@dataclass(frozen=True)
class Answer:
    """An answer of an agent."""

    instance: str
    """Changes when the agent forgets what it knew."""
    first: int
    """Number of the oldest observation that it still has."""
    next: int
    """Number to ask for next."""
    observations: tuple[Observation, ...]
    errors: tuple[tuple[str, str], ...] = ()
    """Code (OUT_OF_RANGE) and what it says."""
    unreadable: int = 0
    """Observations without a time or an item."""


def parse_answer(data: bytes, where: str) -> Answer:
    """Read MTConnectStreams or MTConnectError of any version.

    Raises:
        InputError: it is neither.
    """
    root = parse_xml(data, where)
    header = next((child for child in root if local(child) == "Header"), None)
    kind = local(root)
    if header is None or kind not in ("MTConnectStreams", "MTConnectError"):
        raise InputError(f"this is {kind}, no answer of an MTConnect agent", file=where, remedy="check the address")
    instance = header.get("instanceId", "")
    if kind == "MTConnectError":
        return Answer(instance, 0, 0, (), errors=tuple(_errors(root)))
    found, unreadable = [], 0
    for stream in root.iter():
        if local(stream) not in CATEGORIES:
            continue
        for row in stream:
            observation = _observation(row, is_condition=local(stream) == "Condition")
            if observation is None:
                unreadable += 1
            else:
                found.append(observation)
    found.sort(key=lambda row: row.sequence)  # documents group by component
    after = found[-1].sequence + 1 if found else 1
    first, following = _count(header.get("firstSequence"), 1), _count(header.get("nextSequence"), after)
    return Answer(instance, first, following, tuple(found), unreadable=unreadable)


def _observation(row: ET.Element, is_condition: bool) -> Observation | None:
    item, time = row.get("dataItemId"), parse_time(row.get("timestamp", ""))
    if not item or time is None:
        return None
    text = local(row).upper() if is_condition else (row.text or "").strip()
    rate = row.get("sampleRate")
    try:
        hertz = float(rate) if rate else None
    except ValueError:
        hertz = None
    return Observation(item, time, text, _count(row.get("sequence"), 0), hertz)


def _errors(root: ET.Element) -> list[tuple[str, str]]:
    """Code and message: an attribute until version 2.5, the element's own name since."""
    found = []
    for row in root.iter():
        name = local(row)
        if row.get("errorCode"):
            found.append((row.attrib["errorCode"], (row.text or "").strip()))
        elif any(local(child) == "URI" for child in row):
            message = next((child.text or "" for child in row if local(child) == "ErrorMessage"), "")
            found.append((_upper(name), message.strip()))
    return found


def _upper(name: str) -> str:
    """``OutOfRange`` is ``OUT_OF_RANGE``."""
    return "".join(f"_{c}" if c.isupper() and k else c for k, c in enumerate(name)).upper()


def parse_time(text: str) -> float | None:
    """ISO 8601, UTC where no zone is given, as seconds since 1970; None: it is no time."""
    try:
        when = datetime.fromisoformat(text.split("@", 1)[0].strip())
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _count(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
