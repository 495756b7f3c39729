"""The page of load and faults has a row for each test that reports one, and no other."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docs"))

import make_faults  # noqa: E402


def test_rows_are_those_of_the_tests():
    reported = set()
    for name in make_faults.TESTS:
        found = re.findall(r'fault_report\(\s*"([^"]+)"', (ROOT / name).read_text())
        assert found, name
        reported |= set(found)
    lines = [line for line in make_faults.PAGE.read_text().splitlines() if line.startswith("| ")]
    assert {line.split(" | ")[0].removeprefix("| ") for line in lines[1:]} == reported


def test_notes_become_rows(tmp_path, monkeypatch):
    """A later note of the same fault goes before the earlier one; a bar in a message tears no table."""
    monkeypatch.setattr(make_faults, "PAGE", tmp_path / "page.md")
    notes = tmp_path / "notes.jsonl"
    row = '{{"fault": "a gap", "source": "any", "lost": "{}", "seen": "`a|b`"}}\n'
    notes.write_text(row.format("2 of 10") + row.format("3 of 10"))
    make_faults.write([notes])
    page = make_faults.PAGE.read_text()
    assert "| a gap | any | 3 of 10 | `a\\|b` |\n" in page and "2 of 10" not in page
