"""What arrives over a network becomes blocks: order, gaps, repetitions, lateness, restarts, clocks."""

import numpy as np
import pytest

from hardware.channel import Quality
from hardware.events import MOST_LATE, EventAssembly
from hardware.inbox import Gap, Inbox, Losses, Reading, Trace, assembled
from hardware.traces import MOST_OLD, MOST_WAITING, TraceAssembly
from twin.errors import InputError

GOOD, BAD = int(Quality.GOOD), int(Quality.BAD)


def scalars(name, times, values):
    return [Reading(t, {name: v}, GOOD) for t, v in zip(times, values, strict=True)]


def played(assembly, items):
    """Blocks of ``items``, which arrive one at a time."""
    blocks = []
    for item in items:
        assembly.add(item)
        blocks += assembly.take(everything=False)
    return blocks + list(assembly.take(everything=True))


def test_scalars_of_one_time_are_one_sample_and_others_are_held():
    losses = Losses()
    items = scalars("a", [1, 2, 3], [10, 20, 30]) + scalars("b", [2], [5])
    assembly = EventAssembly(("a", "b"), 0.5, None, losses)
    for item in items:
        assembly.add(item)
    (block,) = assembly.take(everything=True)
    assert list(block.time) == [1, 2, 3] and list(block.values["a"]) == [10, 20, 30]
    assert np.isnan(block.values["b"][0]) and list(block.values["b"][1:]) == [5, 5]
    assert list(block.quality) == [BAD, GOOD, GOOD]
    assert losses == Losses()


def test_a_sample_waits_for_the_other_channels_of_its_time():
    assembly = EventAssembly(("a", "b"), 0.5, None, Losses())
    blocks = played(
        assembly, [Reading(1.0, {"a": 1.0}, GOOD), Reading(1.1, {"a": 2.0}, GOOD), Reading(1.0, {"b": 7.0}, GOOD)]
    )
    assert [len(block) for block in blocks] == [2]
    assert list(blocks[0].values["b"]) == [7, 7]


def test_repeated_and_late_scalars_are_left_out_and_counted():
    losses = Losses()
    assembly = EventAssembly(("a", "b"), 0.0, None, losses)
    items = [*scalars("a", [1, 2, 2, 3], [1, 2, 2, 3]), Reading(1.5, {"b": 9.0}, GOOD)]
    blocks = played(assembly, items)
    assert [t for block in blocks for t in block.time] == [1, 2, 3]
    assert (losses.duplicated, losses.late, losses.lost) == (1, 1, 0)


@pytest.mark.parametrize(("period", "jump"), [(None, 1), (0.1, 9)])
def test_a_gap_is_a_jump_of_the_numbers(period, jump):
    losses = Losses()
    items = [*scalars("a", [0.0, 0.1], [0, 1]), Gap(0, "overflow"), *scalars("a", [1.1, 1.2], [11, 12])]
    blocks = played(EventAssembly(("a",), 0.0, period, losses), items)
    numbers = [block.first + k for block in blocks for k in range(len(block))]
    assert numbers == [0, 1, 2 + jump, 3 + jump]
    assert losses.lost == jump and "overflow" in losses.messages[0]


def test_with_a_known_period_silence_is_a_gap():
    losses = Losses()
    blocks = played(EventAssembly(("a",), 0.0, 0.1, losses), scalars("a", [0.0, 0.1, 0.5, 0.6], [0, 1, 5, 6]))
    assert [(block.first, len(block)) for block in blocks] == [(0, 1), (1, 1), (5, 1), (6, 1)] and losses.lost == 3


def test_a_clock_that_is_set_back_costs_a_stated_number_of_values():
    losses = Losses()
    items = scalars("a", np.arange(10.0), np.arange(10)) + scalars("a", np.arange(500.0) - 3600, np.arange(500))
    blocks = played(EventAssembly(("a",), 0.0, None, losses), items)
    times = np.concatenate([block.time for block in blocks])
    assert (np.diff(times) > 0).all() and len(times) == 10 + 500 - (MOST_LATE + 1)
    assert losses.late + losses.duplicated == MOST_LATE + 1 and "set back" in losses.messages[0]


def test_nan_and_bad_values_are_bad_samples():
    assembly = EventAssembly(("a",), 0.0, None, Losses())
    blocks = played(
        assembly, [Reading(1.0, {"a": np.nan}, GOOD), Reading(2.0, {"a": 4.0}, BAD), Reading(3.0, {"a": 5.0}, GOOD)]
    )
    assert [q for block in blocks for q in block.quality] == [BAD, BAD, GOOD]


def trace(first, n=10, period=0.001, origin=100.0):
    """Samples whose value is their number."""
    return Trace(first, origin + (first + n - 1) * period, np.arange(first, first + n, dtype=float)[None], GOOD)


def numbers_and_values(blocks):
    numbers = np.concatenate([np.arange(block.first, block.first + len(block)) for block in blocks])
    return numbers, np.concatenate([block.values["f"] for block in blocks])


def test_arrays_out_of_order_and_repeated_come_out_in_order_once():
    losses = Losses()
    order = [0, 10, 30, 20, 10, 40, 35, 50]
    blocks = played(TraceAssembly(("f",), (), 0.001, losses), [trace(first) for first in order])
    numbers, values = numbers_and_values(blocks)
    assert list(numbers) == list(range(60)) and list(values) == list(range(60))
    assert np.allclose(np.concatenate([b.time for b in blocks]), 100 + np.arange(60) * 0.001, atol=1e-9)
    assert (losses.lost, losses.duplicated) == (0, 20)


def test_a_missing_array_is_a_jump_once_enough_others_have_come():
    losses = Losses()
    firsts = [0, *range(20, 20 + 10 * (MOST_WAITING + 2), 10)]
    blocks = played(TraceAssembly(("f",), (), 0.001, losses), [trace(first) for first in firsts])
    numbers, values = numbers_and_values(blocks)
    assert (numbers == values).all() and set(range(10, 20)).isdisjoint(numbers)
    assert losses.lost == 10 and "10 samples lost before sample 20" in losses.messages


def test_a_source_that_counts_anew_goes_on_at_the_right_time():
    losses = Losses()
    items = [trace(first) for first in (0, 10, 20)] + [trace(first, origin=100.05) for first in (0, 10)]
    blocks = played(TraceAssembly(("f",), (), 0.001, losses), items)
    numbers, values = numbers_and_values(blocks)
    assert list(numbers) == [*range(30), *range(50, 70)] and losses.lost == 20
    assert list(values) == [*range(30), *range(20)]
    assert np.allclose(np.concatenate([b.time for b in blocks]), 100 + numbers * 0.001, atol=1e-9)


def test_counting_anew_with_a_clock_set_back_is_noticed():
    losses = Losses()
    items = [trace(first) for first in range(0, 20 * MOST_OLD, 10)]
    items += [trace(first, origin=-3600) for first in range(0, 10 * (MOST_OLD + 5), 10)]
    blocks = played(TraceAssembly(("f",), (), 0.001, losses), items)
    numbers, _ = numbers_and_values(blocks)
    assert (np.diff(numbers) > 0).all() and numbers[-1] >= 20 * MOST_OLD
    assert any("count anew" in message for message in losses.messages)


def test_scalars_beside_an_array_are_held_at_its_samples():
    assembly = TraceAssembly(("f",), ("line",), 0.001, Losses())
    items = [Reading(100.0 + k * 0.001, {"line": k}, GOOD) for k in (0, 4)]
    (block,) = played(assembly, [*items, trace(0)])
    assert list(block.values["line"]) == [0] * 4 + [4] * 6


def test_nan_in_an_array_is_a_bad_sample_there():
    item = trace(0)
    item.values[0, 3] = np.nan
    (block,) = played(TraceAssembly(("f",), (), 0.001, Losses()), [item])
    assert list(np.flatnonzero(block.quality == BAD)) == [3]


def test_a_slow_reader_loses_a_stated_number():
    inbox, losses = Inbox(100), Losses()
    for k in range(150):
        inbox.put([Reading(float(k), {"a": float(k)}, GOOD)])
    inbox.put([Reading(150.0, {"a": 150.0}, GOOD)])
    items, _ = inbox.get(0.0)
    assert len(items) == 100
    inbox.put([Reading(151.0, {"a": 151.0}, GOOD)])
    inbox.close()
    assembly = EventAssembly(("a",), 0.0, None, losses)
    blocks = played(assembly, items) + list(assembled(inbox, assembly, 0.01, None, None))
    assert [t for block in blocks for t in block.time] == [*range(100), 151]
    assert losses.lost == 51 and blocks[-1].first == 151


def test_a_slow_reader_of_arrays_loses_whole_ones_and_sees_it():
    inbox, losses = Inbox(100), Losses()
    for k in range(15):
        inbox.put([trace(160 * k, n=160)])  # ten fit
    items, _ = inbox.get(0.0)
    inbox.put([trace(160 * 15, n=160)])
    inbox.close()
    assembly = TraceAssembly(("f",), (), 0.001, losses)
    blocks = played(assembly, items) + list(assembled(inbox, assembly, 0.01, None, None))
    number, values = numbers_and_values(blocks)
    assert list(number) == [*range(1600), *range(2400, 2560)] and (number == values).all() and losses.lost == 800


def test_a_wall_clock_that_jumps_moves_no_sample():
    losses = Losses()
    items = [trace(0), trace(10, origin=3700.0), trace(20, origin=3700.0)]
    blocks = played(TraceAssembly(("f",), (), 0.001, losses), items)
    assert np.allclose(np.concatenate([block.time for block in blocks]), 100 + np.arange(30) * 0.001, atol=1e-9)
    assert losses.lost == 0 and [m for m in losses.messages if "+3600.000 s from its sample clock" in m]


def test_a_failure_comes_after_everything_that_was_received():
    inbox = Inbox(10)
    inbox.put([Reading(1.0, {"a": 1.0}, GOOD)])
    inbox.close(InputError("gone"))
    read = assembled(inbox, EventAssembly(("a",), 0.0, None, Losses()), 0.01, None, None)
    assert next(read).values["a"][0] == 1.0
    with pytest.raises(InputError, match="gone"):
        next(read)


@pytest.mark.parametrize("limits", [{"duration": 0.05, "silence": None}, {"duration": None, "silence": 0.05}])
def test_a_source_ends_after_its_time_or_after_silence(limits):
    inbox = Inbox(10)
    inbox.put([Reading(1.0, {"a": 1.0}, GOOD)])
    (block,) = assembled(inbox, EventAssembly(("a",), 0.0, None, Losses()), 0.01, **limits)
    assert len(block) == 1
