"""The plant's process finds the plants of these tests."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def plants_are_found(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
