"""The registry of recordings: intact files are found, damaged and missing ones are said clearly."""

import gzip
import http.server
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import twin.data as data
from twin.errors import InputError


@pytest.fixture
def public_site(tmp_path, monkeypatch):
    """A local web server in the place of the public source, an empty machine around it."""
    site = tmp_path / "site"
    site.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(site))

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(data, "local_folders", lambda: [tmp_path / "none", tmp_path / "downloads"])
    source = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(data, "registry", lambda: {"set": replace(_sample(), source=source)})
    yield site
    server.shutdown()
    server.server_close()


HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # sha256 of "hello", FIPS 180 examples


def _sample() -> data.Recording:
    files = {
        "a.txt": data.RecordingFile(HELLO, "some folder/a.txt"),
        "a.gz": data.RecordingFile(HELLO, "some folder/a.txt"),
        "part.txt": data.RecordingFile(HELLO, "some folder/whole.txt", excerpt=True),
        "gone.txt": data.RecordingFile(HELLO, "gone.txt"),
    }
    return data.Recording("a greeting", "somebody", "public domain", "https://example.org", "", files)


def test_every_recording_on_record_is_intact(data_dir, monkeypatch):
    monkeypatch.setenv("TWIN_DATA_DIR", str(data_dir))
    for folder, row in data.registry().items():
        for name in row.files:
            assert data.recording(f"{folder}/{name}") == data_dir / folder / name


def test_registry_says_source_and_licence():
    for row in data.registry().values():
        assert row.licence and row.credit and row.page.startswith("https://") and row.source.startswith("https://")


def test_download_says_what_from_where_under_which_licence(public_site: Path, capsys, tmp_path):
    (public_site / "some folder").mkdir()
    (public_site / "some folder" / "a.txt").write_text("hello")
    path = data.recording("set/a.txt")
    said = capsys.readouterr().err
    assert path.read_text() == "hello"
    assert "a greeting" in said and "some%20folder/a.txt" in said and "public domain" in said
    assert gzip.decompress(data.recording("set/a.gz").read_bytes()) == b"hello"
    (public_site / "some folder" / "a.txt").unlink()
    assert data.recording("set/a.txt") == path  # kept: no second download
    assert [f.name for f in sorted(path.parent.iterdir())] == ["a.gz", "a.txt"]


def test_a_changed_public_file_is_refused_and_not_kept(public_site: Path, tmp_path):
    (public_site / "some folder").mkdir()
    (public_site / "some folder" / "a.txt").write_text("hullo")
    with pytest.raises(InputError, match="set/a.txt .* cannot be downloaded"):
        data.recording("set/a.txt")
    assert not list((tmp_path / "downloads").rglob("*.*"))


def test_the_whole_of_an_excerpt_is_accepted_and_said(public_site: Path, capsys):
    (public_site / "some folder").mkdir()
    (public_site / "some folder" / "whole.txt").write_text("hello and more")
    assert data.recording("set/part.txt").read_text() == "hello and more"
    assert "checksum is not on record" in capsys.readouterr().err


def test_missing_at_the_source(public_site: Path):
    with pytest.raises(InputError, match="set/gone.txt .*TWIN_DATA_DIR"):
        data.recording("set/gone.txt")


def test_without_a_network_one_short_line_says_how_to_get_it(public_site: Path, monkeypatch):
    sample = replace(_sample(), source="http://127.0.0.1:1")  # where nobody answers
    monkeypatch.setattr(data, "registry", lambda: {"set": sample})
    with pytest.raises(InputError) as raised:
        data.recording("set/a.txt")
    said = str(raised.value)
    assert "Connection refused" in said and "127.0.0.1" not in said
    assert said.endswith("(get it from https://example.org (somebody) and name its parent folder in TWIN_DATA_DIR)")
    assert len(said.splitlines()) == 1 and len(said) < 240


def test_a_damaged_local_file_is_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "nist_plates"
    folder.mkdir()
    (folder / "plate_01.nc").write_text("G1 X1\n")
    (folder / "plate_01.shdr.gz").write_bytes(b"\x1f\x8bnot gzip")
    monkeypatch.setenv("TWIN_DATA_DIR", str(tmp_path))
    with pytest.raises(InputError, match=r"plate_01.nc: the recording has sha256 .* on record is 8558c56d6059"):
        data.recording("nist_plates/plate_01.nc")
    with pytest.raises(InputError, match="damaged recording"):
        data.recording("nist_plates/plate_01.shdr.gz")


@pytest.mark.parametrize("name", ["plates/plate_01.nc", "nist_plates/plate_99.nc", "nist_plates"])
def test_unknown_name(name):
    with pytest.raises(InputError, match=f"no recording '{name}'.*known: "):
        data.recording(name)
