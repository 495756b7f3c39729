"""Where our interpreter and LinuxCNC's are meant to differ, one row each, and why.

The generated programs of test_program_oracle keep out of these. Live, the rows also check what LinuxCNC does, so that
a difference that is gone is noticed.
"""

import pytest
from program_cases import HEADER
from program_oracle import difference, live_oracle_or_skip, operations, run, without_idle

from twin.errors import InputError

# (reason, program, whether ours runs, whether LinuxCNC runs)
DIFFERENCES = [
    # Fanuc's words and habits
    ("Fanuc's dwell in X", "G4 X2", True, False),
    ("Fanuc's skip move", "G31 X5", True, False),
    ("Fanuc's vacant parameter", "G0 X#0", True, False),
    ("Fanuc's parameters beyond #5601", "#6000 = 3", True, False),
    ("Fanuc's repeats in K", "G81 X1 Z-1 R1 K2", True, False),
    ("repeats of the left-hand tapping cycle", "S100 M4\nG74 X1 Z-1 R1 L2", True, False),
    ("continue in a repeat loop", "o1 repeat [2]\no1 continue\no1 endrepeat", True, False),
    ("a label used twice", "o1 repeat [1]\no1 endrepeat\no1 repeat [1]\no1 endrepeat", True, False),
    ("G1 before the first feed, without a move", "F0\nG1", True, False),
    ("G94 again keeps the feed", "G1 X1\nG94\nX2", True, False),
    # what LinuxCNC lets pass and would be silently wrong here
    ("an arc outside G17 in turned coordinates", "G10 L2 P1 R30\nG18 G2 X4 I2", False, True),
    ("a tool change without a tool", "M6", False, True),
    ("a negative blending tolerance", "G64 P-1", False, True),
    ("a negative highest spindle speed", "G96 D-5 S100", False, True),
    ("diameter mode of lathes", "G7", False, True),
    ("M codes of the user's own", "M100", False, True),
    ("digital outputs", "M64 P1", False, True),
    ("setting the number of the active work offset", "#5220 = 2", False, True),
    ("a loop without its end, left by M2", "o1 while [1]\nM2", False, True),
]

# Both run, and differ in the operations.
OTHERWISE = [
    ("G88 stops for the operator, who draws the tool back: we go on from there", "S1 M3\nG88 X1 Z-7 R2 P1"),
    ("inverse-time feed has no least value", "G93 G1 X0.001 F2"),
    ("G28 of some axes in turned coordinates moves only these", "G10 L2 P1 R30\nG0 X5 Y6\nG28 Y0"),
    ("turning the active work offset under G92 leaves the machine where it is", "G92 X7 Y21\nG10 L2 P1 R-130\nG1 X3"),
    ("LinuxCNC keeps the number of a tool offset when the unit changes", "G43 H4\nG20\nG49\nG0 X1"),
    ("LinuxCNC's preview takes a position of before the new offset at M6", "G52 Y-3 Z2\nT8 M6\nG91 G1 Y4"),
    ("LinuxCNC's preview knows no tool in the spindle", "T3 M6\nG0 X#5400"),
    ("a canned cycle goes on in other units", "G20 G81 X1 Z-.2 R.1\nG21 X5"),
]


@pytest.mark.parametrize(("reason", "text", "ours", "theirs"), DIFFERENCES)
def test_ours(reason: str, text: str, ours: bool, theirs: bool) -> None:
    assert ours != theirs, reason
    assert isinstance(run(f"{HEADER}{text}\nM2\n"), InputError) != ours


@pytest.mark.linuxcnc
def test_theirs() -> None:
    oracle = live_oracle_or_skip()
    for reason, text, _, theirs in DIFFERENCES:
        assert (oracle.ask(f"{HEADER}{text}\nM2\n")["error"] is None) == theirs, reason
    for reason, text in OTHERWISE:
        program = f"{HEADER}{text}\nM2\n"
        answer, mine = oracle.ask(program), run(program)
        assert answer["error"] is None and not isinstance(mine, InputError), reason
        a, b = without_idle(operations(mine)), without_idle(answer["ops"])
        assert len(a) != len(b) or any(difference(x, y) for x, y in zip(a, b, strict=True)), reason
    oracle.close()
