"""What a request asks of the agent, checked (MTConnect standard, part 1: REST protocol)."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from hardware.serve.mtconnect_buffer import ObservationBuffer, OutOfRange
from hardware.serve.mtconnect_device import Device
from hardware.serve.mtconnect_documents import Documents

DEFAULT_COUNT = 100
LONGEST_INTERVAL = 60_000  # [ms]
DEFAULT_HEARTBEAT, LONGEST_HEARTBEAT = 10_000, 60_000  # [ms]
ALLOWED = {
    "probe": {"path"},
    "current": {"path", "at", "interval"},
    "sample": {"path", "from", "count", "interval", "heartbeat"},
    "asset": {"type", "count"},
}
ALLOWED["assets"] = ALLOWED["asset"]


class BadRequest(Exception):
    """Is answered by an error document."""

    def __init__(self, status: int, code: str, message: str, extra: str = ""):
        super().__init__(message)
        self.status, self.code, self.extra = status, code, extra


@dataclass(frozen=True)
class Stream:
    """Answers that go on, one every so often."""

    documents: Iterator[str]


class Agent:
    """Answers requests about a device."""

    def __init__(self, device: Device, buffer: ObservationBuffer, documents: Documents):
        self._device, self._buffer, self._documents = device, buffer, documents
        self._model = ET.fromstring(f"<Devices>{device.xml()}</Devices>")

    def answer(self, uri: str) -> tuple[int, str | Stream]:
        """Status and document, or documents, for ``GET uri``."""
        try:
            return 200, self._answer(uri)
        except BadRequest as error:
            return error.status, self._documents.error(error.code, str(error), uri, error.extra)
        except OutOfRange as error:
            return 404, self._documents.error("OutOfRange", str(error), uri, _range(error))

    def refusal(self, code: str, message: str, uri: str) -> str:
        """The error document for what is not answered."""
        return self._documents.error(code, message, uri)

    def _answer(self, uri: str) -> str | Stream:
        path, _, parameters = uri.partition("?")
        words = [unquote(word) for word in path.split("/") if word]
        if words and words[0] in (self._device.name, self._device.uuid):
            words = words[1:]
        kind = words[0] if words else "probe"
        if kind not in ALLOWED or (len(words) > 1 and kind not in ("asset", "assets")) or len(words) > 2:
            raise BadRequest(404, "InvalidURI", f"there is nothing at {path}")
        query = dict(parse_qsl(parameters, keep_blank_values=True))
        if unknown := set(query) - ALLOWED[kind]:
            raise BadRequest(400, "InvalidQueryParameter", f"{kind} takes no '{min(unknown)}'")
        if kind == "probe":
            self._wanted(query.get("path"))
            return self._documents.probe()
        if kind in ("asset", "assets"):
            return self._assets(words[1] if len(words) > 1 else None, query)
        wanted = self._wanted(query.get("path"))
        return self._current(query, wanted) if kind == "current" else self._sample(query, wanted)

    def _current(self, query: dict[str, str], wanted: set[int] | None) -> str | Stream:
        at = _integer(query, "at", 0, 1 << 62) if "at" in query else None
        if "interval" not in query:
            return self._documents.streams(self._buffer.current(at, wanted))
        if at is not None:
            raise BadRequest(400, "InvalidRequest", "'at' and 'interval' exclude each other")
        pause = _integer(query, "interval", 0, LONGEST_INTERVAL)
        return Stream(self._currents(wanted, pause / 1e3))

    def _currents(self, wanted: set[int] | None, pause: float) -> Iterator[str]:
        while True:
            extract = self._buffer.current(None, wanted)
            yield self._documents.streams(extract)
            self._buffer.wait(1 << 62, max(pause, 0.01))

    def _sample(self, query: dict[str, str], wanted: set[int] | None) -> str | Stream:
        start = _integer(query, "from", 0, 1 << 62) if "from" in query else None
        count = _integer(query, "count", 1, self._buffer.size, min(DEFAULT_COUNT, self._buffer.size))
        heartbeat = _integer(query, "heartbeat", 1, LONGEST_HEARTBEAT, DEFAULT_HEARTBEAT)
        extract = self._buffer.extract(start, count, wanted)
        if "interval" not in query:
            return self._documents.streams(extract)
        pause = _integer(query, "interval", 0, LONGEST_INTERVAL)
        start = extract.first if start is None else start
        return Stream(self._samples(start, count, wanted, pause / 1e3, heartbeat / 1e3))

    def _samples(
        self, start: int, count: int, wanted: set[int] | None, pause: float, heartbeat: float
    ) -> Iterator[str]:
        """What is new, ``pause`` after the last; an empty document where nothing is for ``heartbeat`` [s]."""
        while True:
            try:
                extract = self._buffer.extract(start, count, wanted)
            except OutOfRange as error:  # the client is slower than the buffer turns
                yield self._documents.error("OutOfRange", str(error), "sample", _range(error))
                return
            yield self._documents.streams(extract)
            start = extract.next
            if len(extract.observations) < count:
                self._buffer.wait(1 << 62, max(pause, 0.001))
                self._buffer.wait(start, max(heartbeat - pause, 0.0))

    def _assets(self, names: str | None, query: dict[str, str]) -> str:
        count = _integer(query, "count", 1, 1 << 30, 1 << 30)
        known = self._documents.asset_ids
        if names is None:
            kind = query.get("type", "CuttingTool")
            return self._documents.assets(known[:count] if kind == "CuttingTool" else ())
        wanted = [name for name in names.split(";") if name]
        for name in wanted:
            if name not in known:
                asset = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
                extra = f"<AssetId>_{asset}</AssetId>"
                raise BadRequest(404, "AssetNotFound", f"there is no asset '{name}'", extra)
        return self._documents.assets(wanted)

    def _wanted(self, path: str | None) -> set[int] | None:
        """Places of the items below the XPath ``path``; None: all."""
        if path is None:
            return None
        text = path if path.startswith(".") else f".{path}"
        try:
            found = self._model.findall(text)
        except Exception as error:  # of the library's reader of paths, which raises many kinds
            raise BadRequest(400, "InvalidXPath", f"'{path}' cannot be read: {error}") from None
        ids = {row.get("id") for element in found for row in element.iter("DataItem")}
        if not ids:
            raise BadRequest(404, "InvalidXPath", f"'{path}' is nothing of this device")
        return {k for k, item in enumerate(self._buffer.items) if item.id in ids}


def _integer(query: dict[str, str], name: str, least: int, greatest: int, default: int | None = None) -> int:
    text = query.get(name, None if default is None else str(default))
    if text is None or not text.removeprefix("-").isdigit() or len(text) > 20:
        extra = f"<Value>{escape(text or '')}</Value><Type>integer</Type>"
        raise BadRequest(400, "InvalidParameterValue", f"'{name}' must be an integer", _parameter(name, extra))
    if not least <= int(text) <= greatest:
        raise OutOfRange(name, int(text), least, greatest)
    return int(text)


def _parameter(name: str, rows: str) -> str:
    known = "from" if name == "at" else name  # the schema has no 'at'
    return f'<QueryParameter name="{known}">{rows}</QueryParameter>'


def _range(error: OutOfRange) -> str:
    rows = f"<Maximum>{error.greatest}</Maximum><Minimum>{error.least}</Minimum><Value>{error.value}</Value>"
    return _parameter(error.name, rows)
