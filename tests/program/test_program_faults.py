"""Bad programs: one error that names file, line, word and remedy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_oracle import TOOLS

from twin.errors import InputError
from twin.program import interpret

FAULTS = [
    ("", "the program is empty"),
    ("%\n%\n", "the program is empty"),
    ("G0 X1\nG12 X2\n", "2: G12 is not known"),
    ("M77\n", "M77 is not known"),
    ("G0 X1 G1 X2\n", "G0 and G1 contradict"),
    ("G0 X1 X2\n", "two X words"),
    ("G0 U5\n", "U5 means nothing"),
    ("G0 X1 %\n", "'%' is no word"),
    ("F100 G1 X1\nG2 X5 Y5 I2\n", "2: arc radius"),
    ("F100 G1 X1\nG2 X50 R2\n", "too small to reach"),
    ("T99 M6\n", "T99 is not in the tool table"),
    ("G43 H77\n", "T77 is not in the tool table"),
    ("T1 M6 G41 D50\n", "T50 is not in the tool table"),
    ("G21\nG1 X5 F-100\n", "2: F-100: a negative feed"),
    ("G1 X5 F0\n", "feed zero"),
    ("G1 X5\n", "without a feed"),
    ("G93 G1 X5 F2\nX6\n", "2: .*G93 needs F"),
    ("G95 F0.1 G1 X5\n", "spindle at rest"),
    ("#1 = [1/0]\n", "division by zero"),
    ("#1 = 0\nG0 X[5/#1]\n", "2: division by zero"),
    ("G0 X[1+\n", "a number is expected"),
    ("G0 X[1 2\n", r"'\]' or an operator|\[1 2|'\]'"),
    ("G0 X#<speed>\n", "#<speed> is not defined"),
    ("G0 X#9999\n", "does not exist"),
    ("G0 X[SQRT[-2]]\n", r"SQRT\[-2\] has no value"),
    ("o1 while [1]\no1 endwhile\n", "jumps back"),
    ("o1 while [1]\nG0 X1\n", "O1 has no endwhile"),
    ("o1 call\n", "subprogram O1 is not"),
    ("o1 sub\no1 call\no1 endsub\no1 call\n", "deep"),
    ("X5\n", "axis words without a motion word"),
    ("(open comment\nG0 X1\n", "comment is nested"),
    ("G0 X\n", "word X: a number is expected"),
    ("G19 G41 D1\n", "G19"),
    ("G4\n", "G4 without a time"),
    ("M6\n", "M6 without a tool"),
    ("G96 S100 M3\nG1 X0 F1\n", "G96"),
    ("G64 P-1\n", "negative tolerance"),
    ("G5 X1 Y1 I1 J1\n", "splines are not known"),
    ("G10 L1 P1 R3\n", "L2 and L20 are known"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_message_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        interpret(text, file="part.nc", tools=TOOLS, max_iterations=2_000)
    assert str(caught.value).startswith("part.nc")
    assert caught.value.remedy
    if text.strip("%\n"):
        assert caught.value.line is not None


def test_error_in_a_loaded_subprogram_names_its_file() -> None:
    with pytest.raises(InputError, match=r"^o7: |^7:2: G12") as caught:
        interpret("o7 call\nM2\n", file="part.nc", tools=TOOLS, load={"7": "o7 sub\nG12\no7 endsub\n"}.get)
    assert caught.value.line == 2


def test_unknown_work_offset_of_the_caller() -> None:
    with pytest.raises(InputError, match="work offset 'G60' is unknown"):
        interpret("G0 X1", file="a", tools=TOOLS, work_offsets={"G60": (0.0, 0.0, 0.0)})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="GMXYZIJKRFSTHDPQLNO0123456789.-+#[]<>=*/% ()\nEABC", max_size=80))
def test_any_text_runs_or_raises_an_input_error(text: str) -> None:
    try:
        interpret(text, file="noise.nc", tools=TOOLS, max_iterations=100)
    except InputError as error:
        assert str(error).startswith("noise.nc")
