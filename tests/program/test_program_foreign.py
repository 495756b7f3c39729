"""Programs for other controls are named as such; those of ours never are."""

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.program import interpret
from twin.program.foreign import foreign

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.mark.parametrize(
    ("text", "control", "line"),
    [
        (";%_N_PART_MPF\nN10 G54", "Sinumerik", 1),
        ('N10 G17\nN20 T="MILL" M6', "Sinumerik", 2),
        ("N10 G17\nN20 T1 D1\nN30 M6", "Sinumerik", 2),
        ("G54\nCYCLE832(0.01,1,1)", "Sinumerik", 2),
        ("G54\nG1 Z=AC(-2) F100", "Sinumerik", 2),
        ("G54\nR1=5 R2=R1*2", "Sinumerik", 2),
        ("G54 ; MSG\nTRANS X10 Y5", "Sinumerik", 2),
        ("G54\nG1 X5 RND=2", "Sinumerik", 2),
        ("0 BEGIN PGM PART MM\n1 L X+0 FMAX", "Heidenhain", 1),
        ("3 L X+0 Y+0 R0 FMAX M3", "Heidenhain", 1),
    ],
)
def test_another_control_is_named(text, control, line):
    found = foreign(text)
    assert found is not None and (found.control, found.line) == (control, line)


def test_our_own_programs_are_not_foreign():
    texts = [file.read_text() for file in SCENARIOS.glob("*/*.nc")]
    assert len(texts) > 4
    texts += ["(MSG start, TRANS)\nG41 D1 X5\n#1=5\nT1 M6 ; R1=5", "O100\nG65 P9010 R5.\nIF [#1 EQ 5] GOTO 10"]
    assert [foreign(text) for text in texts] == [None] * len(texts)


def test_what_cannot_be_run_says_for_which_control_it_is():
    with pytest.raises(InputError, match="part.mpf:2: this is a program for Sinumerik: TRANS.*post-process"):
        interpret("G54\nTRANS X10\nM30", file="part.mpf", tools={})
