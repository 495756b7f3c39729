"""The hash chain of a history: every row holds the SHA-256 of itself and of the hash before it.

Whoever changes, moves or removes a row breaks the chain there. Whoever removes the last rows, or computes the whole
chain anew, is found by a *head* (number and hash of the last row) that was kept elsewhere.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

from twin.errors import InputError

BEFORE_THE_FIRST = bytes(32)
Row = tuple[int, int, int, int, str, str | None, str | None, str]
"""seq, recorded_us, time_us, source, kind, part, serial, body (JSON text)"""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def compact(body: Any) -> str:
    """JSON in one line, as the chain hashes it.

    Raises:
        InputError: a body that is no JSON.
    """
    try:
        return _encode(body)
    except TypeError as error:
        raise InputError(f"an event cannot be written as JSON: {error}") from None


def link(before: bytes, row: Row) -> bytes:
    """Hash of ``row`` after a row with the hash ``before``."""
    return hashlib.sha256(before + _encode(row).encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True)
class Head:
    """The end of a history at some time: keep it where the history is not."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of ``SEQ:HASH`` as :meth:`__str__` writes it.

        Raises:
            InputError: it is no head.
        """
        seq, _, digest = text.strip().partition(":")
        try:
            raw = bytes.fromhex(digest)
        except ValueError:
            raw = b""
        if not seq.isdigit() or len(raw) != len(BEFORE_THE_FIRST):
            raise InputError(f"'{text.strip()[:80]}' is no head of a history", remedy="`twin history head` prints one")
        return cls(int(seq), raw)
