"""Units at the borders: factors from their definitions, and the loader's errors."""

import math
from dataclasses import dataclass

import pytest

from twin.config import build
from twin.errors import InputError
from twin.units import SUFFIX, AngularSpeed, Length, Speed, split_suffix


@dataclass(frozen=True)
class Inner:
    speed: AngularSpeed


@dataclass(frozen=True)
class Schema:
    size: tuple[Length, Length, Length]
    feed: Speed
    count: int
    inner: Inner
    label: str | None = None
    tools: dict[int, Inner] | None = None


GOOD = {
    "size_mm": [1, 2.5, 3],
    "feed_in_min": 60,
    "count": 3,
    "inner": {"speed_rpm": 60},
    "tools": {"7": {"speed_rpm": 30}},
}


def test_values_arrive_in_si():
    read = build(Schema, GOOD)
    assert read.size == pytest.approx((1e-3, 2.5e-3, 3e-3))
    assert read.feed == pytest.approx(0.0254)  # 60 in/min = 1 in/s
    assert read.inner.speed == pytest.approx(2 * math.pi)  # 60 rpm = 1 rev/s
    assert read.tools[7].speed == pytest.approx(math.pi)
    assert read.label is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"feed_in_min": None, "feed_mm": 3.0}, "m, expected m/s"),
        ({"feed": 3.0}, "feed has no unit"),
        ({"feeed_mm_min": 3.0}, "unknown key top.feeed_mm_min"),
        ({"count": 2.5}, "top.count is 2.5, expected int"),
        ({"size_mm": [1, 2]}, "has 2 entries, expected 3"),
        ({"size_mm": [1, 2, "three"]}, "top.size_mm[2] is 'three', not a number"),
        ({"size_mm": [1, 2, math.nan]}, "not a number"),
        ({"inner": {}}, "top.inner lacks speed"),
        ({"inner": 3}, "top.inner is 3, not a mapping"),
    ],
)
def test_bad_values_are_named(change, says):
    values = {**GOOD, **change}
    if "feed_in_min" in change or "feed" in change:
        del values["feed_in_min"]
    with pytest.raises(InputError, match=says.replace("[", r"\[").replace("]", r"\]")):
        build(Schema, values, "top")


def test_error_names_file_line_and_remedy():
    error = InputError("arc radius differs by 0.3 mm", file="part.nc", line=12, remedy="check I and J")
    assert str(error) == "part.nc:12: arc radius differs by 0.3 mm (check I and J)"


@pytest.mark.parametrize(
    ("suffix", "value"),
    [("in", 0.0254), ("rpm", 2 * math.pi / 60), ("in_min", 0.0254 / 60), ("deg", math.pi / 180), ("urad_m", 1e-6)],
)
def test_factors_follow_the_definitions(suffix, value):
    assert SUFFIX[suffix][0] == pytest.approx(value, rel=1e-15)


def test_longest_suffix_wins():
    assert split_suffix("feed_mm_min")[0] == "feed"
    assert split_suffix("limit_n_um")[::2] == ("limit", "N/m")
    assert split_suffix("teeth") is None
