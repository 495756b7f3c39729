"""The registry of outside recordings: where they are, what they are, whether they are intact.

A recording is named FOLDER/FILE. It is looked for in the folder of ``TWIN_DATA_DIR``, then in
``../shared/data`` beside the checkout, then among earlier downloads; else it is downloaded from
its public source, after saying what, from where and under which licence.
"""

import gzip
import hashlib
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pooch
import yaml

from twin.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class RecordingFile:
    """One file of a recording."""

    sha256: str
    """Of the content; of the decompressed text where the name ends in .gz."""
    path: str
    """Below the source of its recording."""
    excerpt: bool = False
    """The file on record is a part of the public one, whose checksum is not on record."""


@dataclass(frozen=True)
class Recording:
    """A folder of recordings from one source."""

    title: str
    credit: str
    licence: str
    page: str
    source: str
    files: dict[str, RecordingFile]


@cache
def registry() -> dict[str, Recording]:
    """Every known recording, by folder."""
    table = yaml.safe_load((_PACKAGE / "data_registry.yaml").read_text())
    return {
        folder: Recording(**{**row, "files": {name: RecordingFile(**file) for name, file in row["files"].items()}})
        for folder, row in table.items()
    }


def local_folders() -> list[Path]:
    """Where recordings are looked for before anything is downloaded, in order."""
    named = os.environ.get("TWIN_DATA_DIR")
    beside = _PACKAGE.parents[1] / "shared" / "data"
    return [*([Path(named)] if named else []), beside, pooch.os_cache("machining-twin")]


def recording(name: str) -> Path:
    """Path of the recording FOLDER/FILE, intact.

    Raises:
        InputError: unknown name, wrong checksum, or neither here nor to be downloaded.
    """
    row, file = _entry(name)
    *given, downloads = local_folders()
    for folder in given:
        if (folder / name).is_file():
            _check(folder / name, file.sha256)
            return folder / name
    kept = downloads / name
    if not kept.is_file():
        _download(name, row, file, kept)
    if not file.excerpt:
        _check(kept, file.sha256)
    return kept


def is_local(name: str) -> bool:
    """Whether the recording is here already, so that asking for it needs no network."""
    return any((folder / name).is_file() for folder in local_folders())


def _entry(name: str) -> tuple[Recording, RecordingFile]:
    folder, _, file = name.partition("/")
    row = registry().get(folder)
    if row is None or file not in row.files:
        known = row.files if row else registry()
        raise InputError(f"there is no recording '{name}'", remedy="known: " + ", ".join(known))
    return row, row.files[file]


def _check(path: Path, sha256: str) -> None:
    data = path.read_bytes()
    try:
        found = hashlib.sha256(gzip.decompress(data) if path.suffix == ".gz" else data).hexdigest()
    except (OSError, EOFError) as error:
        raise InputError(f"damaged recording: {error}", file=path, remedy="delete it; it is fetched again") from None
    if found != sha256:
        raise InputError(
            f"the recording has sha256 {found[:12]}…, on record is {sha256[:12]}…",
            file=path,
            remedy="delete it; the right one is looked for elsewhere or fetched again",
        )


def _reason(error: Exception) -> str:
    """What went wrong, without the layers of a failed connection: each repeats the address."""
    inner = getattr(error.args[0], "reason", error) if error.args else error
    return str(inner).splitlines()[0].rpartition("): ")[2]


def _download(name: str, row: Recording, file: RecordingFile, kept: Path) -> None:
    """Fetch to ``kept``; what arrives damaged is not kept."""
    url = f"{row.source}/{quote(file.path)}"
    note = "; its checksum is not on record" if file.excerpt else ""
    print(f"downloading {name}: {row.title}\n  from {url}\n  licence: {row.licence}{note}", file=sys.stderr)
    try:
        fetched = pooch.retrieve(
            url,
            known_hash=None if file.excerpt else f"sha256:{file.sha256}",
            fname=kept.name + ".part",
            path=kept.parent,
            downloader=pooch.HTTPDownloader(timeout=30),
        )
    except Exception as error:  # requests, pooch and the operating system each have their own kinds
        raise InputError(
            f"recording {name} is not here and cannot be downloaded: {_reason(error)}",
            remedy=f"get it from {row.page} ({row.credit}) and name its parent folder in TWIN_DATA_DIR",
        ) from None
    data = Path(fetched).read_bytes()
    Path(fetched).write_bytes(gzip.compress(data, mtime=0) if kept.suffix == ".gz" else data)
    Path(fetched).rename(kept)
