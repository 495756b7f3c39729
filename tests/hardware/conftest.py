"""What every test of the bench may use."""

import json
import os
from pathlib import Path

import pytest


@pytest.fixture
def fault_report(record_property):
    """Note what a fault cost and what was seen: in the report of the tests, and in the file TWIN_FAULT_REPORT names."""

    def note(fault: str, source: str, lost: str, seen: str) -> None:
        row = {"fault": fault, "source": source, "lost": lost, "seen": seen}
        for name, text in row.items():
            record_property(name, text)
        if file := os.environ.get("TWIN_FAULT_REPORT"):
            with Path(file).open("a") as stream:
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")

    return note
