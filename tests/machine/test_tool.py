"""What a tool list may say, and the shape that follows from it."""

from math import cos, radians, sin, tan

import pytest

from twin.config import build
from twin.errors import InputError
from twin.machine.tool import Tool

FLAT = {
    "number": 7,
    "name": "end mill",
    "kind": "flat",
    "diameter_mm": 10,
    "n_teeth": 3,
    "flute_length_mm": 22,
    "stick_out_mm": 40,
}


def tool(**change) -> Tool:
    return build(Tool, {**FLAT, **change})


def test_height_of_the_full_radius():
    """By the geometry of each shape: sphere, torus, cone, cone on a tangent ball."""
    assert tool().tip_height == 0
    assert tool(kind="face").tip_height == 0
    assert tool(kind="ball").tip_height == pytest.approx(5e-3)
    assert tool(kind="bull", corner_radius_mm=1.5).tip_height == pytest.approx(1.5e-3)
    assert tool(kind="drill", point_angle_deg=118).tip_height == pytest.approx(5e-3 / tan(radians(59)))
    flat_taper = tool(kind="taper", taper_angle_deg=10, tip_diameter_mm=4)
    assert flat_taper.tip_height == pytest.approx(3e-3 / tan(radians(10)))
    ball_taper = tool(kind="taper", taper_angle_deg=10, tip_diameter_mm=4, corner_radius_mm=2)
    assert tool(kind="chamfer", point_angle_deg=90, tip_diameter_mm=2).tip_height == pytest.approx(4e-3)
    insert = tool(kind="face", lead_angle_deg=45, tip_diameter_mm=6, corner_radius_mm=0.5)
    assert insert.tip_height == pytest.approx(2e-3)  # of the straight edge, prolonged to the floor at DC
    a = radians(10)  # the ball ends where its tangent has the slope of the cone
    tangent = 2e-3 * (1 - sin(a))
    assert ball_taper.tip_height == pytest.approx(tangent + (5e-3 - 2e-3 * cos(a)) / tan(a))


def test_radius_and_pitch():
    assert tool().radius == pytest.approx(5e-3)
    assert tool(pitch_deg=[118, 122, 120]).pitch[1] == pytest.approx(radians(122))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"diameter_mm": 0}, "diameter 0 mm is not positive"),
        ({"n_teeth": 0}, "n_teeth 0 is less than one"),
        ({"n_teeth": 2.5}, "n_teeth is 2.5, expected int"),
        ({"flute_length_mm": -3}, "flute length -3 mm is not positive"),
        ({"stick_out_mm": 15}, "stick-out 15 mm is shorter than the flutes 22 mm"),
        ({"corner_radius_mm": 6}, "corner radius exceeds half the diameter"),
        ({"pitch_deg": [180, 180]}, "pitch needs one angle for each tooth"),
        ({"kind": "bull"}, "a bull-nose tool needs a corner radius"),
        ({"kind": "taper"}, "needs a taper angle"),
        ({"kind": "taper", "taper_angle_deg": 10, "tip_diameter_mm": 10}, "tip diameter must be smaller"),
        (
            {"kind": "taper", "taper_angle_deg": 10, "tip_diameter_mm": 4, "corner_radius_mm": 1},
            "half the tip diameter",
        ),
        ({"kind": "drill"}, "a drill needs a point angle"),
        ({"kind": "chamfer", "tip_diameter_mm": 2}, "a chamfer tool needs a point angle"),
        ({"kind": "chamfer", "point_angle_deg": 90, "tip_diameter_mm": 12}, "tip diameter must be smaller"),
        ({"kind": "face", "lead_angle_deg": 45}, "a face mill with a lead angle needs a tip diameter"),
        ({"kind": "face", "lead_angle_deg": 88, "tip_diameter_mm": 8}, "lead angle is not between 0 and 86 degrees"),
        (
            {"kind": "face", "lead_angle_deg": 45, "tip_diameter_mm": 9.8, "corner_radius_mm": 1},
            "an insert radius of 1 mm does not fit",
        ),
        ({"tooth_helix_deg": [35, 38]}, "tooth_helix needs one angle for each tooth"),
        ({"helix_deg": 85}, "a helix angle is not between -80 and 80 degrees"),
        ({"tooth_helix_deg": [20, 50, 20]}, "teeth of unlike helix cross each other on the flutes"),
        ({"serration_wavelength_mm": 2}, "a serration needs both a wavelength and an amplitude"),
        ({"serration_wavelength_mm": 2, "serration_amplitude_mm": 0.6}, "too steep for a wavelength of 2 mm"),
        (
            {"kind": "ball", "serration_wavelength_mm": 2, "serration_amplitude_mm": 0.2},
            r"a ball tool cannot be serrated \(flat and bull can\)",
        ),
        ({"kind": "saw"}, "kind is 'saw'"),
        ({"diameter": 10}, "diameter has no unit"),
    ],
)
def test_impossible_tools_are_named(change, says):
    with pytest.raises(InputError, match=says):
        tool(**change)


def test_message_says_which_tool():
    with pytest.raises(InputError, match=r"tool T7 'end mill'.*correct the tool list"):
        tool(diameter_mm=-1)
