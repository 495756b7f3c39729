"""Recordings: one self-describing file of everything that a source yielded, written block by block.

The file is an Apache Arrow IPC stream (zstd): readable by any Arrow library, complete up to the last block that was
written, however the writer ended. The schema's metadata say what is in it; docs/recordings.md lists the keys.
"""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa

from hardware.channel import Block, Channel, Clock, check_block
from twin.errors import InputError

FORMAT, VERSION = "machining-twin recording", 1
OWN_COLUMNS = ("time_s", "sample", "quality")


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a recording is of."""

    source: str
    """Kind and address: 'linuxcnc mill3', 'replay plate_01.shdr.gz'."""
    started: str
    """UTC, ISO 8601."""
    program_hash: str = ""
    """SHA-256 of the NC program; empty: no program ran, or unknown."""
    offsets_hash: str = ""
    """SHA-256 of the work offsets."""
    tools_hash: str = ""
    """SHA-256 of the tool table."""
    part_id: str = ""
    """Serial number of the part."""
    tool_ids: dict[str, str] = field(default_factory=dict)
    """Tool number -> serial number."""
    note: str = ""
    """The operator's."""
    cut: str = ""
    """``metal``; ``nothing``: a simulated machine, or a program in the air; empty: nobody says."""


class Recorder:
    """Writes a recording; every :meth:`append` that returns is on disk, whatever happens to the process.

    Args:
        file: must not exist.
        channels, clock, header: of the source.

    Raises:
        InputError: the file exists or cannot be written, a channel has the name of a column of ours.
    """

    def __init__(self, file: Path, channels: tuple[Channel, ...], clock: Clock, header: Header):
        if taken := {channel.name for channel in channels} & set(OWN_COLUMNS):
            raise InputError(f"a channel cannot be called {min(taken)!r}", remedy="choose another name")
        self.file, self.channels = file, channels
        columns = [pa.field("time_s", pa.float64()), pa.field("sample", pa.int64()), pa.field("quality", pa.uint8())]
        columns += [
            pa.field(c.name, pa.float64(), metadata={k: str(v) for k, v in asdict(c).items() if v not in ("", None)})
            for c in channels
        ]
        described = {"format": FORMAT, "version": str(VERSION), "clock": json.dumps(asdict(clock))}
        described |= {"channels": json.dumps([asdict(c) for c in channels]), "header": json.dumps(asdict(header))}
        self.schema = pa.schema(columns, metadata=described)
        try:
            self._stream = file.open("xb")
        except OSError as error:
            raise InputError(f"cannot begin a recording: {error.strerror}", file=file) from None
        self._writer = pa.ipc.new_stream(self._stream, self.schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
        self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk takes no mark of the end: the file is readable without
            self._writer.close()
        with suppress(OSError):
            self._stream.close()

    def append(self, block: Block) -> None:
        """Write ``block``.

        Raises:
            InputError: it does not fit the channels, or the disk is full: what was written before stays readable.
        """
        check_block(block, self.channels)
        sample = np.arange(block.first, block.first + len(block))
        columns = [block.time, sample, block.quality.astype(np.uint8)]
        columns += [np.asarray(block.values[c.name], dtype=float) for c in self.channels]
        try:
            self._writer.write_batch(pa.record_batch([pa.array(c) for c in columns], schema=self.schema))
            self._flush()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise InputError(f"block {block.first} was not recorded: {reason}", file=self.file) from None

    def _flush(self) -> None:
        self._stream.flush()


@dataclass(frozen=True)
class Recording:
    """A recording that is read block by block."""

    file: Path
    channels: tuple[Channel, ...]
    clock: Clock
    header: Header

    def blocks(self, only: Collection[str] | None = None) -> Iterator[Block]:
        """Its blocks, in the order that they were written; a block that the writer did not finish is left out.

        Args:
            only: names of the channels to read; None: all.
        """
        names = [c.name for c in self.channels if only is None or c.name in only]
        # columns stand in the file in the order of the channels, after our own
        place = {c.name: k for k, c in enumerate(self.channels, start=len(OWN_COLUMNS))}
        wanted = [*range(len(OWN_COLUMNS)), *(place[name] for name in names)]
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        with pa.memory_map(str(self.file)) as stream, pa.ipc.open_stream(stream, options=options) as reader:
            while True:
                try:
                    batch = reader.read_next_batch()
                except (StopIteration, pa.ArrowInvalid, OSError):  # the end, or a last block that was not finished
                    return
                time, number, quality, *columns = (batch.column(k).to_numpy() for k in range(batch.num_columns))
                yield Block(int(number[0]), time, dict(zip(names, columns, strict=True)), quality)


def open_recording(file: Path) -> Recording:
    """The recording in ``file``; its samples stay on disk until they are asked for.

    Raises:
        InputError: there is no such file, or it is no recording.
    """
    try:
        with pa.OSFile(str(file)) as stream, pa.ipc.open_stream(stream) as reader:
            described = {key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()}
    except FileNotFoundError:
        raise InputError("there is no such recording", file=file) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"this is no recording: {error}", file=file) from None
    if described.get("format") != FORMAT:
        raise InputError("this is an Arrow stream, but no recording of the twin", file=file)
    if int(described["version"]) > VERSION:
        raise InputError(f"recorded by a newer twin: version {described['version']} of the format", file=file)
    known = {f.name for f in fields(Header)}
    header = {key: value for key, value in json.loads(described["header"]).items() if key in known}
    channels = tuple(Channel(**row) for row in json.loads(described["channels"]))
    return Recording(file, channels, Clock(**json.loads(described["clock"])), Header(**header))
