"""Rewritten programs: the same moves, the feeds that were asked for, nothing else touched."""

import difflib
import sys
from pathlib import Path

import numpy as np
import pytest

from twin.advice.blocks import feed_blocks
from twin.advice.rewrite import check_feeds, rewrite, with_speeds, written_feeds
from twin.errors import InputError
from twin.program import interpret, linearise
from twin.units import RPM

sys.path.insert(0, str(Path(__file__).parents[1] / "program"))
from program_oracle import TOOLS, live_oracle_or_skip, operations, without_idle

METRIC = """\
%
(A PART) G21 G90 G17 G94 ; start
T5 M6
S8000 M3 F500
G0 X0 Y0 Z5
N10 G1 Z-1 (plunge at the F of the S block)
X10F1200
Y10
G2 X20 Y20 I10 J0
G1 X30 F1200 (the same again)
G93 G1 X40 F30
X50 F20
G94 G1 X60 F700
G0 Z5
G1 Z1
M30
%
"""
INCH = """\
G20 G90 G94
T5 M6
S4000 M3
G0 X0 Y0 Z0.2
G1 Z-0.04 F12
X1
G95 X2 F0.006
X3
G94 G1 X4 F20
G21 G1 X10 F508
M2
"""
LOOP = """\
G21 G90 G94
T5 M6
S8000 M3
O100 sub
G1 X#1 F#2
Y#1
O100 endsub
G0 X0 Y0 Z-1
O100 call [10] [600]
O100 call [20] [900]
#3=0
O101 while [#3 LT 3]
G91 G1 X1 F300
Z-0.1
#3=[#3+1]
O101 endwhile
G90 G0 Z5
M2
"""
PROGRAMS = {"metric": METRIC, "inch": INCH, "loop": LOOP}


def both(text, factor):
    """Old and new program with each free block's feed times ``factor(block)``, and the blocks."""
    old = interpret(text, file="part.nc", tools=TOOLS)
    blocks = feed_blocks(old, linearise(old, chord_tolerance=1e-5))
    feed = written_feeds(blocks, blocks.feed * np.array([factor(b) for b in range(len(blocks.line))]))
    written = rewrite(old, blocks, text, feed)
    return old, interpret(written.text, file="part.nc", tools=TOOLS), blocks, feed, written


FACTORS = {"every second": lambda b: 1.37 if b % 2 else 1.0, "all": lambda b: 0.4 + 0.123 * b, "none": lambda b: 1.0}


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_same_moves_at_the_feeds_asked_for(name, factor):
    old, new, blocks, feed, written = both(PROGRAMS[name], FACTORS[factor])
    check_feeds(old, new, blocks, feed)
    np.testing.assert_array_equal(new.op, old.op)
    np.testing.assert_allclose(new.end, old.end, rtol=0, atol=1e-12)
    for b in range(len(blocks.line)):
        mine = blocks.of_move == b
        if not blocks.fixed[b] and written.changed[b]:
            np.testing.assert_allclose(new.feed[mine], feed[b], rtol=1e-9)
        else:
            np.testing.assert_allclose(new.feed[mine], old.feed[mine], rtol=1e-9)
    if factor == "none":
        assert np.allclose(new.feed, old.feed, equal_nan=True)
        assert name == "loop" or written.text == PROGRAMS[name]


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_but_feed_words_changes(name):
    *_, written = both(PROGRAMS[name], FACTORS["all"])
    old, new = PROGRAMS[name].splitlines(), written.text.splitlines()
    assert len(old) == len(new)
    for a, b in zip(old, new, strict=True):
        for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if kind != "equal":
                assert set(a[i:j] + b[k:m]) <= set("fF#0123456789. "), f"{a!r} became {b!r}"


def test_lower_feed_is_rounded_down():
    _, new, blocks, feed, _ = both(METRIC, lambda b: 0.87654321)
    wanted = blocks.feed * 0.87654321
    changed = blocks.free
    assert np.all(feed[changed] <= wanted[changed] * (1 + 1e-11)) and np.all(feed[changed] > wanted[changed] * 0.999)


def test_inverse_time_blocks_are_named_and_kept():
    _, new, blocks, _, written = both(METRIC, lambda b: 2.0)
    kept = [int(line) for line, why in zip(blocks.line, blocks.fixed, strict=True) if "G93" in why]
    assert kept == [11, 12] and "G93 G1 X40 F30\nX50 F20\n" in written.text


def test_linuxcnc_runs_the_rewritten_programs():
    oracle = live_oracle_or_skip()
    try:
        for name, text in PROGRAMS.items():
            *_, written = both(text, FACTORS["all"])
            theirs = oracle.ask(written.text)
            assert theirs["error"] is None
            ours = without_idle(operations(interpret(written.text, file="part.nc", tools=TOOLS)))
            for mine, other in zip(ours, without_idle(theirs["ops"]), strict=True):
                if "f" in mine and "f" in other:
                    per_revolution = name == "inch" and mine["line"] in (7, 8)  # G95, at 4,000 rev/min
                    assert mine["f"] == pytest.approx(other["f"] * (4000 if per_revolution else 1), rel=1e-9)
    finally:
        oracle.close()


def test_another_path_is_not_let_through():
    old, _, blocks, feed, written = both(METRIC, FACTORS["all"])
    other = interpret(written.text.replace("X30", "X31"), file="part.nc", tools=TOOLS)
    with pytest.raises(InputError, match="another start"):
        check_feeds(old, other, blocks, feed)


def test_speed_words_of_one_tool():
    old = interpret(METRIC, file="part.nc", tools=TOOLS)
    text, lines = with_speeds(old, METRIC, {(5, round(8000 * RPM, 6)): 9150.0})
    assert lines == [4] and "S9150 M3 F500" in text
    assert interpret(text, file="part.nc", tools=TOOLS).spindle.max() == pytest.approx(9150 * RPM)


def test_one_speed_word_for_two_tools_is_refused():
    text = "G21 G90 G94\nS8000\nT5 M6\nM3\nG1 X1 F100\nT6 M6\nM3\nG1 X2\nM2\n"
    old = interpret(text, file="part.nc", tools=TOOLS)
    speed = round(8000 * RPM, 6)
    with pytest.raises(InputError, match="serves tools that want"):
        with_speeds(old, text, {(5, speed): 9000.0, (6, speed): 7000.0})
