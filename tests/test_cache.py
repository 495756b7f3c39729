"""Cached values equal what was stored; the key sees every change; damage is repaired."""

from dataclasses import dataclass

import numpy as np
import pytest

from twin.cache import cached, content_key


@dataclass(frozen=True)
class Hit:
    line: int
    where: tuple[float, float, float]


@dataclass(frozen=True)
class Arrays:
    values: np.ndarray
    band: float


@dataclass(frozen=True)
class Whole:
    arrays: Arrays
    hits: tuple[Hit, ...]
    total: float


VALUE = Whole(Arrays(np.array([1.0, np.nan, 3.0]), 1e-4), (Hit(7, (0.1, 0.2, 0.3)),), 2.5)


def test_value_comes_back_equal_and_is_made_once(tmp_path):
    made = []

    def make():
        made.append(1)
        return VALUE

    first, from_disk = cached(tmp_path, "k", Whole, make)
    second, from_disk_again = cached(tmp_path, "k", Whole, make)
    assert (from_disk, from_disk_again, len(made)) == (False, True, 1)
    np.testing.assert_array_equal(second.arrays.values, VALUE.arrays.values)
    assert (second.hits, second.total, second.arrays.band) == (VALUE.hits, 2.5, 1e-4)
    assert first is VALUE


def test_a_damaged_entry_is_made_again(tmp_path):
    cached(tmp_path, "k", Whole, lambda: VALUE)
    file = tmp_path / "k.npz"
    file.write_bytes(file.read_bytes()[:100])
    value, from_disk = cached(tmp_path, "k", Whole, lambda: VALUE)
    assert not from_disk and value.total == 2.5
    assert cached(tmp_path, "k", Whole, lambda: VALUE)[1]


@pytest.mark.parametrize(
    "other",
    [
        ({"tool": Hit(1, (0.0, 0.0, 0.1))}, np.arange(3), 0.5),
        ({"tool": Hit(1, (0.0, 0.0, 0.0))}, np.arange(3.0), 0.5),
        ({"tool": Hit(1, (0.0, 0.0, 0.0))}, np.arange(3)[None], 0.5),
        ({"tools": Hit(1, (0.0, 0.0, 0.0))}, np.arange(3), 0.5),
        ({"tool": Hit(1, (0.0, 0.0, 0.0))}, np.arange(3), 0.25),
    ],
)
def test_key_sees_every_change(other):
    base = ({"tool": Hit(1, (0.0, 0.0, 0.0))}, np.arange(3), 0.5)
    assert content_key(*base) == content_key(*base)
    assert content_key(*base) != content_key(*other)
