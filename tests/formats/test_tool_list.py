"""Tool lists in the comments of NC programs, as post-processors write them."""

from math import radians

import pytest

from twin.formats.tool_list import called_tools, listed_tools, program_unit

MM, INCH = 1e-3, 25.4e-3


def one(comment, unit="G21"):
    """The tool that a single comment lists."""
    (tool,) = listed_tools(f"{unit}\n{comment}\nT1 M6\n").values()
    return tool


@pytest.mark.parametrize(
    ("comment", "number", "diameter", "kind", "radius"),
    [
        ("(T1 D=10. CR=0. - ZMIN=-5. - FLAT END MILL)", 1, 10, "flat", None),
        ("(T2  D=12. CR=1. - ZMIN=-5. - bull nose end mill)", 2, 12, "bull", 1),
        ("(T3 D=6. CR=3. - ZMIN=-29.5 - ball end mill)", 3, 6, "ball", 3),
        ("(T5 D=6.8 CR=0. TAPER=118DEG - ZMIN=-20. - DRILL)", 5, 6.8, "drill", None),
        ("(T6  Spiral O 3.175*12mm  D=3.175 CR=0. - ZMIN=-26. - flat end mill)", 6, 3.175, "flat", None),
        ("(T7 D=50. CR=0. - ZMIN=0. - face mill)", 7, 50, "face", None),
        ("(T8 D=8. CR=0. - ZMIN=-12. - right hand tap)", 8, 8, "tap", None),
        ("( T212 |    3. FLAT ENDMILL | H0 )", 212, 3, "flat", None),
        ("( T13 | 10. FLAT ENDMILL | H1 | D10. )", 13, 10, "flat", None),
        ("(T15| 6. BULL ENDMILL 1. RAD|H3)", 15, 6, "bull", 1),
        ("(TOOL 19: END MILL D12 R1)", 19, 12, "bull", 1),
        ("(TOOL NUMBER: 20 TOOL DIAMETER: 16.0 4FL)", 20, 16, None, None),
        ("(T21 : 6.0)", 21, 6, None, None),
        ("(T22 M8 TAP)", 22, 8, "tap", None),
        ("(T23 M10X1.5 TAP)", 23, 10, "tap", None),
        ("(T24 MILL_D10_R1)", 24, 10, "bull", 1),
        ("(Tool 25: End Mill {3 mm})", 25, 3, "flat", None),
        ("; T28 6mm ball nose", 28, 6, "ball", None),
        ("(TC: 5mm Endmill)", 1, 5, "flat", None),
        ("(T30 25.4MM INSERT FACE MILL)", 30, 25.4, "face", None),
        ("(T31 D8 REAMER H7)", 31, 8, "reamer", None),
    ],
)
def test_metric(comment, number, diameter, kind, radius):
    tool = one(comment)
    assert (tool.number, tool.kind) == (number, kind)
    assert tool.diameter == pytest.approx(diameter * MM)
    assert tool.corner_radius == (None if radius is None else pytest.approx(radius * MM))


@pytest.mark.parametrize(
    ("comment", "number", "diameter", "kind"),
    [
        ('(T15|3" FACE MILL|H313)', 15, 3, "face"),
        ("(T3| 1/2 FLAT ENDMILL|H0|XY STOCK TO LEAVE - -.0005|Z STOCK TO LEAVE - 0.)", 3, 0.5, "flat"),
        ("(T1|.093 FLAT ENDMILL|H0|XY STOCK TO LEAVE - -.0005|Z STOCK TO LEAVE - 0.)", 1, 0.093, "flat"),
        ("(T7| 1/2 SPOTDRILL|H0)", 7, 0.5, "spot"),
        ('(T8|2"  FACE MILL|H1|D1|TOOL DIA. - 2.)', 8, 2, "face"),
        ("(T9|1/2 FLAT ENDMILL|H2|D2|TOOL DIA. - .5)", 9, 0.5, "flat"),
        ("(T10|NO. 7 DRILL|H3|D3|TOOL DIA. - .201)", 10, 0.201, "drill"),
        ("(T11|1/4-20 TAPRH|H5|D5|TOOL DIA. - .25)", 11, 0.25, "tap"),
        ("(T12|3/8 CHAMFER MILL|H4|D4|TOOL DIA. - .375)", 12, 0.375, "chamfer"),
        ("( 1/8 X 900 CHAMFER MILL TOOL - 14 DIA. OFF. - 14 LEN. - 14 TOOL DIA. - .125 )", 14, 0.125, "chamfer"),
        ("(T26 1-1/4 in FACE MILL)", 26, 1.25, "face"),
        ('(T29 D0.5000" 4FLT END MILL)', 29, 0.5, "flat"),
        ("(T4 M8X1.25 TAP)", 4, 8 / 25.4, "tap"),
    ],
)
def test_inch(comment, number, diameter, kind):
    tool = one(comment, "G20")
    assert (tool.number, tool.kind) == (number, kind)
    assert tool.diameter == pytest.approx(diameter * INCH)


def test_a_number_of_a_drill_is_no_size():
    assert listed_tools("G20\n(T28|NO. 7 DRILL|H3)\n") == {}


def test_what_else_a_comment_tells():
    assert one("(T5 D=6.8 CR=0. TAPER=118DEG - DRILL)").angle == pytest.approx(radians(118))
    assert one('(T29 D0.5" 4FLT END MILL)').n_teeth == 4
    assert one("(T3 12MM END MILL 3 FLUTES)").n_teeth == 3
    assert one("(T3| 1/2 FLAT ENDMILL|H0|XY STOCK TO LEAVE - 0.)").name == "1/2 FLAT ENDMILL"


def test_comments_without_a_number_belong_to_the_change_beside_or_next():
    program = """G21
(5mm Endmill)
M5
T1 M6
(POCKET 40MM DEEP)
G0 X1
T2 M6 (6MM BALL)
G0 X1
T3 M6
(DIA 8 DRILL)
G0 X1
"""
    found = listed_tools(program)
    assert {n: (round(t.diameter / MM, 3), t.kind, t.line) for n, t in found.items()} == {
        1: (5, "flat", 2),
        2: (6, "ball", 7),
        3: (8, "drill", 10),
    }


def test_a_program_that_calls_no_tool():
    assert listed_tools("(END MILL 6 MM)\nG0 X1\n")[0].diameter == pytest.approx(6 * MM)


def test_calls_and_units():
    program = "(T9 IN A COMMENT)\nN10 T5M6\n#1=[#2LT10]\nT7\nN120T15M6\nT0 M6\n"
    assert called_tools(program) == {5: 2, 7: 4, 15: 5}
    assert program_unit("G0G20") == pytest.approx(INCH)
    assert program_unit("(G20)\nG21") == program_unit("G0 X1") == pytest.approx(MM)
    assert program_unit("G200 X1") == pytest.approx(MM)
