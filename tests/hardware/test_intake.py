"""Blocks that come twice, late, swapped, in pieces; clocks that jump; values that are no numbers; wrong units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.channel import Block, Channel, Clock, Quality
from hardware.intake import Intake
from twin.errors import InputError

PERIOD = 1e-3


TWO = (Channel(name="x_mm", unit="mm"), Channel(name="power_w", unit="W"))


class Given:
    """A source of given blocks."""

    def __init__(self, blocks, channels=TWO):
        self._blocks, self.channels = blocks, channels
        self.clock = Clock(name="made", origin="start", period_s=PERIOD)
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def blocks(self):
        return iter(self._blocks)


def block(first: int, n: int = 10, shift: float = 0.0) -> Block:
    k = np.arange(first, first + n, dtype=float)
    return Block(first, k * PERIOD + shift, {"x_mm": k, "power_w": -k}, np.zeros(n, np.uint8))


def taken(*blocks: Block) -> tuple[Intake, list[Block]]:
    with Intake(Given(blocks)) as intake:
        return intake, list(intake.blocks())


def numbers(blocks: list[Block]) -> list[int]:
    for b in blocks:
        np.testing.assert_array_equal(b.values["x_mm"], np.arange(b.first, b.first + len(b)))
    return [n for b in blocks for n in range(b.first, b.first + len(b))]


def test_order_is_left_alone():
    intake, found = taken(block(0), block(10), block(20))
    assert numbers(found) == list(range(30))
    assert (intake.losses.lost, intake.losses.duplicated, intake.losses.messages) == (0, 0, [])


def test_a_block_that_comes_twice_counts_once():
    intake, found = taken(block(0), block(10), block(10), block(0), block(20))
    assert numbers(found) == list(range(30)) and intake.losses.duplicated == 20 and intake.losses.lost == 0


def test_a_late_block_is_kept():
    intake, found = taken(block(0), block(20), block(10), block(30))
    assert sorted(numbers(found)) == list(range(40)) and intake.losses.lost == 0
    assert intake.losses.messages == ["samples 10 to 19 came after their successors; they are recorded"]


def test_what_overlaps_is_cut():
    intake, found = taken(block(0), block(5), block(30), block(12, 25))
    assert sorted(numbers(found)) == list(range(40)) and intake.losses.duplicated == 5 + 3 + 7
    assert intake.losses.lost == 0


def test_what_never_comes_is_lost():
    intake, _ = taken(block(0), block(30), block(15, 5))
    assert intake.losses.lost == 15


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=25))
def test_every_number_comes_out_once(ranges):
    """Whatever comes: what goes out is the union, once each; the counts add up."""
    intake, found = taken(*(block(first, n) for first, n in ranges))
    union = {k for first, n in ranges for k in range(first, first + n)}
    out = numbers(found)
    assert sorted(out) == sorted(union)
    assert intake.losses.duplicated == sum(n for _, n in ranges) - len(union)
    below = ranges[0][0]  # samples before the first that came are not known to be missing
    missing = {k for k in range(below, max(union) + 1)} - union
    assert intake.losses.lost <= len(missing)
    if min(union) == below:
        assert intake.losses.lost == len(missing)


def test_values_that_are_no_numbers_are_counted_and_stay():
    one, two = block(0), block(10)
    one.values["x_mm"][3] = np.nan
    for values in two.values.values():
        values[4:6] = np.nan
    with Intake(Given([one, two])) as intake:
        found = list(intake.blocks())
    assert intake.losses.messages == ["x_mm: 3 samples are no numbers", "power_w: 2 samples are no numbers"]
    assert np.isnan(found[0].values["x_mm"][3]) and found[0].quality[3] == Quality.GOOD
    assert found[1].quality.tolist() == [0, 0, 0, 0, 2, 2, 0, 0, 0, 0]


def test_a_clock_that_jumps_is_told_and_the_samples_doubted():
    intake, found = taken(block(0), block(10, shift=3.5), block(20, shift=3.5), block(30, shift=-1))
    assert [int(b.quality.max()) for b in found] == [0, Quality.UNCERTAIN, 0, Quality.UNCERTAIN]
    assert intake.losses.messages == [
        "the clock jumped by +3.500 s at sample 10; the sample's number holds",
        "the clock jumped by -4.500 s at sample 30; the sample's number holds",
    ]


@pytest.mark.parametrize(("name", "unit"), [("x_mm", "in"), ("x_mm", "N"), ("force_n", "kN"), ("t_degc", "W")])
def test_a_unit_that_is_not_that_of_the_name_is_refused(name, unit):
    source = Given([], (Channel(name=name, unit=unit),))
    with pytest.raises(InputError, match=f"{name}"), Intake(source):
        pass
    assert source.closed


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr("hardware.intake.MOST_RANGES", 50)
    with Intake(Given(block(20 * k) for k in range(1000))) as intake:
        assert sum(len(b) for b in intake.blocks()) == 10_000
    assert len(intake._seen) <= 50 and intake.losses.lost == 9990
