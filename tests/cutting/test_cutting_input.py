"""Bad input gives one clear error."""

from dataclasses import replace

import numpy as np
import pytest
from cutting_cases import make_engagement, make_path, make_tool

from twin.cutting import contact, cutters
from twin.errors import InputError

ARC = [(0.0, 1.0)]


def touch(engagement, **path):
    return contact(engagement, make_path((1, 0, 0), **path), cutters([make_tool()]), "part.nc")


@pytest.mark.parametrize("arc", [(-0.2, 1.0), (0.0, 6.5), (1.0, 0.5)])
def test_angles_out_of_range(arc):
    with pytest.raises(InputError, match="part.nc:10: engagement angles are not within 0 and 2 pi"):
        touch(make_engagement(1e-3, [arc]))


@pytest.mark.parametrize("depth", [-1e-3, np.nan, np.inf])
def test_depth_that_cannot_be(depth):
    with pytest.raises(InputError, match="part.nc:10: engaged depth is negative or not a number"):
        touch(make_engagement(depth, ARC))


def test_feed_cut_with_the_spindle_off():
    with pytest.raises(InputError, match=r"part.nc:10: feed cut with the spindle off \(program M3"):
        touch(make_engagement(1e-3, ARC), spindle=0.0)
    touch(make_engagement(0.0, ARC), spindle=0.0)  # through air it may


def test_tool_that_is_not_in_the_list():
    with pytest.raises(InputError, match="part.nc:10: tool T7 is not in the tool list"):
        touch(make_engagement(1e-3, ARC), tool=7)


def test_engagement_of_another_path():
    with pytest.raises(InputError, match="engagement of 3 segments for a toolpath of 1"):
        touch(make_engagement(1e-3, ARC, 3))


def test_tools_without_teeth_or_with_a_wrong_pitch():
    tool = make_tool()
    object.__setattr__(tool, "n_teeth", 0)
    with pytest.raises(InputError, match="T1 'test' has no teeth"):
        cutters([tool])
    with pytest.raises(InputError, match="pitch angles add up to 350 degrees"):
        cutters([make_tool(pitch=tuple(np.radians([80, 90, 90, 90])))])
    with pytest.raises(InputError, match="'test' has left and right helix"):
        cutters([make_tool(tooth_helix=(0.5, -0.5, 0.5, -0.5), flute_length=1e-3)])
    with pytest.raises(InputError, match="no cutting tool"):
        cutters([])
    with pytest.raises(InputError, match="n_teeth 0"):
        replace(make_tool(), n_teeth=0)
