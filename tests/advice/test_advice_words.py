"""F words are found, replaced and added, whatever stands around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.advice.words import find_word, rounded_down, with_word


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("G1 X1 F1200", "G1 X1 F900"),
        ("G1X1F1200Y2", "G1X1F900Y2"),
        ("g1 x1 f 12 00.5 y2 (F5)", "g1 x1 f900 y2 (F5)"),
        ("G1 (F77) F#5 X#<feed>", "G1 (F77) F900 X#<feed>"),
        ("N10 G1 F[#1*fix[2.5]] Z-1 ; F3", "N10 G1 F900 Z-1 ; F3"),
        ("G1 X1", "G1 X1 F900"),
        ("X1Y2", "X1Y2 F900"),
        ("G1 X1 (a cut)", "G1 X1 F900 (a cut)"),
        ("/2 G1 X1 ; end", "/2 G1 X1 F900 ; end"),
        ("#1=fix[2.5] G1 X#1", "#1=fix[2.5] G1 X#1 F900"),
    ],
)
def test_feed_word_takes_its_place(block, expected):
    assert with_word(block, "f", "900") == expected


def test_no_feed_in_flow_words():
    assert find_word("O100 if [#1 GT 5]", "f") is None


@given(st.floats(1e-3, 1e7))
def test_rounding_never_raises_a_feed(value):
    written = float(rounded_down(value))
    assert value * (1 - 1.001e-3) <= written <= value * (1 + 1e-11)


@pytest.mark.parametrize(("value", "text"), [(1234.56, "1234"), (12345, "12340"), (0.98765, "0.9876"), (600, "600")])
def test_rounding_keeps_four_digits(value, text):
    assert rounded_down(value) == text
