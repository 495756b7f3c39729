"""Our interpreter against LinuxCNC's, operation by operation within 1e-9 mm, live and recorded."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from program_cases import cases
from program_oracle import (
    ORACLE,
    TOOLS,
    LiveOracle,
    assert_same,
    live_oracle_or_skip,
    operations,
    recorded,
    summary,
)
from program_strategy import programs

from twin.program import interpret

PLATES = ["01", "02", "08", "10", "11", "13", "16", "19"]


@pytest.fixture(scope="module")
def oracle() -> Iterator[LiveOracle]:
    oracle = live_oracle_or_skip()
    yield oracle
    oracle.close()


@pytest.mark.parametrize("name", ["example", "cases", "generated"])
def test_recorded_answers(name: str) -> None:
    entries = recorded(name)
    assert entries
    for entry in entries:
        assert_same(entry["text"], entry["answer"])


def test_recorded_cases_cover_the_list() -> None:
    assert [entry["text"] for entry in recorded("cases")] == [text for _, text in cases()]
    failing = [entry for entry in recorded("cases") if entry["answer"]["error"]]
    assert len(failing) > 80  # programs that must fail are among them


@pytest.mark.parametrize("plate", PLATES)
def test_recorded_sums_of_the_nist_plates(plate: str, data_dir: Path) -> None:
    expected = json.loads((ORACLE / "nist_plates.json").read_text())[f"plate_{plate}.nc"]
    program = interpret((data_dir / f"nist_plates/plate_{plate}.nc").read_text(), file=plate, tools=TOOLS)
    assert summary(operations(program)) == pytest.approx(expected, rel=1e-11)


@pytest.mark.linuxcnc
def test_example_live(oracle: LiveOracle) -> None:
    text = (ORACLE / "example.ngc").read_text()
    answer = oracle.ask(text)
    assert answer["ops"] and answer["error"] is None
    assert_same(text, answer)


@pytest.mark.linuxcnc
@pytest.mark.parametrize("topic", sorted({topic for topic, _ in cases()}))
def test_cases_live(topic: str, oracle: LiveOracle) -> None:
    for name, text in cases():
        if name == topic:
            assert_same(text, oracle.ask(text))


@pytest.mark.linuxcnc
@pytest.mark.parametrize("plate", PLATES)
def test_nist_plates_live(plate: str, oracle: LiveOracle, data_dir: Path) -> None:
    text = (data_dir / f"nist_plates/plate_{plate}.nc").read_text()
    answer = oracle.ask(text)
    assert len(answer["ops"]) > 4000 and answer["error"] is None
    assert_same(text, answer)


@pytest.mark.linuxcnc
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=programs())
def test_generated_programs_live(text: str, oracle: LiveOracle) -> None:
    assert_same(text, oracle.ask(text))


@pytest.mark.linuxcnc
@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=programs())
def test_many_generated_programs_live(text: str, oracle: LiveOracle) -> None:
    assert_same(text, oracle.ask(text))


@pytest.mark.linuxcnc
@pytest.mark.parametrize("x", [1.524, -17.817, 3.1, 0.7])
def test_turn_right_after_new_offsets_live(oracle: LiveOracle, x: float) -> None:
    """A turn of a rotary axis alone keeps the feed of one, whatever the last digits of the shifted coordinates."""
    for k in range(10):
        text = f"G21 G90 G94 F100\nG0 X{x} Y{-17.817 + k} A0.001\nG92 X-0.002 Y{k / 7:.3f}\nG1 A0\nM2\n"
        assert_same(text, oracle.ask(text))
