"""Chords within the tolerance, pieces within the length, and the part frame."""

from math import acos, ceil, cos, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_oracle import TOOLS

from twin.errors import InputError
from twin.program import Op, Program, Toolpath, interpret, linearise


def run(text: str) -> Program:
    return interpret("G21 G90 G94 F600\n" + text + "\nM30\n", file="test.nc", tools=TOOLS)


def check_continuous(path: Toolpath, program: Program) -> None:
    """Pieces of a move join each other and meet its ends."""
    first = np.r_[True, path.move[1:] != path.move[:-1]]
    last = np.r_[first[1:], True]
    np.testing.assert_array_equal(path.start[~first], path.end[:-1][~first[1:]])
    np.testing.assert_array_equal(path.start[first], program.start[path.move[first], :3])
    np.testing.assert_array_equal(path.end[last], program.end[path.move[last], :3])
    np.testing.assert_array_equal(path.fraction[first, 0], 0.0)
    np.testing.assert_array_equal(path.fraction[last, 1], 1.0)
    np.testing.assert_array_equal(path.fraction[~first, 0], path.fraction[:-1][~first[1:], 1])


def test_full_circle_has_the_least_number_of_chords() -> None:
    program = run("G0 X10\nG3 I-10")
    tolerance = 1e-6
    path = linearise(program, chord_tolerance=tolerance)
    check_continuous(path, program)
    expected = ceil(2 * pi / (2 * acos(1 - tolerance / 0.01)))
    chords = path.move == 1
    assert chords.sum() == expected
    np.testing.assert_allclose(np.hypot(*path.end[chords, :2].T), 0.01, rtol=1e-14)
    middle = (path.start[chords] + path.end[chords]) / 2
    sagitta = 0.01 - np.hypot(*middle[:, :2].T)
    assert 0.9 * tolerance < sagitta.max() <= tolerance * (1 + 1e-9)
    assert path.length[chords].sum() == pytest.approx(2 * pi * 0.01, rel=tolerance / 0.01)


def test_helix_rises_evenly_over_its_turns() -> None:
    program = run("G0 X10\nG2 X-10 Y0 Z-25 I-10 P3")  # two and a half turns clockwise
    path = linearise(program, chord_tolerance=1e-5)
    chords = path.move == 1
    np.testing.assert_allclose(path.end[chords, 2], -0.025 * path.fraction[chords, 1], atol=1e-15)
    angle = np.unwrap(np.arctan2(path.end[chords, 1], path.end[chords, 0]))
    np.testing.assert_allclose(angle[-1] - angle[0], -5 * pi * (1 - path.fraction[chords, 1][0]), rtol=1e-12)
    assert path.length[chords].sum() == pytest.approx(np.hypot(5 * pi * 0.01, 0.025), rel=1e-3)


@pytest.mark.parametrize(
    ("plane", "words", "middle"),
    [
        ("G17", "X0 Y10 I-10", (cos(pi / 4) * 10, cos(pi / 4) * 10, 0)),
        ("G18", "Z-10 X0 I-10", (cos(pi / 4) * 10, 0, -cos(pi / 4) * 10)),
    ],
)
def test_quarter_in_the_planes(plane: str, words: str, middle: tuple[float, ...]) -> None:
    path = linearise(run(f"G0 X10\n{plane} G3 {words}"), chord_tolerance=1e-7)
    chords = path.move == 1
    halfway = np.argmin(abs(path.fraction[chords, 1] - 0.5))
    np.testing.assert_allclose(path.end[chords][halfway] * 1e3, middle, atol=0.1)
    np.testing.assert_allclose(np.linalg.norm(path.end[chords], axis=1), 0.01, rtol=1e-12)


def test_g19_quarter() -> None:
    path = linearise(run("G0 Y10\nG19 G3 Y0 Z10 J-10"), chord_tolerance=1e-7)
    chords = path.move == 1
    assert (path.end[chords][:, 1:] >= -1e-15).all()
    np.testing.assert_allclose(np.linalg.norm(path.end[chords], axis=1), 0.01, rtol=1e-12)


def test_long_moves_are_split_evenly() -> None:
    program = run("G1 X100\nG0 Y3")
    path = linearise(program, chord_tolerance=1e-6, max_length=0.0071)
    check_continuous(path, program)
    assert (path.move == 0).sum() == 15 and (path.move == 1).sum() == 1
    np.testing.assert_allclose(path.length[:15], 0.1 / 15)
    assert path.rapid.tolist() == [False] * 15 + [True]


def test_chords_of_a_coarse_tolerance_turn_a_quarter_at_most() -> None:
    path = linearise(run("G3 I1"), chord_tolerance=1.0)
    assert path.n_segments == 4
    assert path.length.sum() == pytest.approx(4 * 2**0.5 * 1e-3)


def test_rows_of_the_program_are_kept() -> None:
    program = run("T3 M6 S1000 M3\nM8\nG0 X1\nG4 P1\nG1 X2\nX2\nG3 X4 I1")
    path = linearise(program, chord_tolerance=1e-4, part_zero=(0.001, 0.002, 0.003))
    assert set(path.line.tolist()) == {4, 6, 8}  # neither standing rows nor the move of no length
    np.testing.assert_array_equal(path.feed, program.feed[path.move])
    np.testing.assert_array_equal(path.spindle, program.spindle[path.move])
    assert (path.tool == 3).all() and (path.coolant == 2).all()
    np.testing.assert_allclose(path.start[0], [-1e-3, -2e-3, -3e-3])
    np.testing.assert_array_equal(path.axis_start, np.tile([0.0, 0.0, 1.0], (path.n_segments, 1)))


def test_tool_length_jump_is_no_path() -> None:
    program = run("T3 M6\nG0 Z100\nG43 H3\nG0 X5")
    path = linearise(program, chord_tolerance=1e-6)
    assert path.length.sum() == pytest.approx(0.105)


def test_rotary_axes_go_through_the_pose() -> None:
    program = run("G1 X10 C90")

    def pose(axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # a rotary table about Z under the tool
        c, s = np.cos(-axes[:, 5]), np.sin(-axes[:, 5])
        tip = np.stack([c * axes[:, 0] - s * axes[:, 1], s * axes[:, 0] + c * axes[:, 1], axes[:, 2]], axis=1)
        return tip, np.tile([0.0, 0.0, 1.0], (len(axes), 1))

    path = linearise(program, chord_tolerance=1e-6, pose=pose)
    assert path.n_segments >= 45
    np.testing.assert_allclose(path.end[-1], [0, -0.01, 0], atol=1e-15)
    with pytest.raises(InputError, match="test.nc:2: a rotary axis moves"):
        linearise(program, chord_tolerance=1e-6)


@pytest.mark.parametrize("bad", [{"chord_tolerance": 0.0}, {"chord_tolerance": 1e-6, "max_length": -1.0}])
def test_tolerances_must_be_positive(bad: dict) -> None:
    with pytest.raises(InputError, match="must be positive"):
        linearise(run("G0 X1"), **bad)


def test_program_without_moves_gives_an_empty_path() -> None:
    path = linearise(run("M8"), chord_tolerance=1e-6)
    assert path.n_segments == 0 and path.start.shape == (0, 3) and path.fraction.shape == (0, 2)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(1, 30), st.floats(0.05, 6.2), st.sampled_from(["G2", "G3"]), st.integers(1, 3), st.floats(1e-7, 1e-4)
)
def test_every_chord_keeps_the_tolerance(radius: int, angle: float, word: str, turns: int, tolerance: float) -> None:
    sign = -1 if word == "G2" else 1
    end = radius * cos(angle), sign * radius * np.sin(angle)
    program = run(f"G0 X{radius}\n{word} X{end[0]:.9f} Y{end[1]:.9f} I-{radius} P{turns}")
    path = linearise(program, chord_tolerance=tolerance)
    check_continuous(path, program)
    chords = path.move == np.flatnonzero(program.op == Op.ARC)[0]
    middle = np.hypot(*((path.start + path.end) / 2)[chords, :2].T)
    assert (radius * 1e-3 - middle).max() <= tolerance * (1 + 1e-6) + 1e-12
    swept = np.unwrap(np.arctan2(*path.end[chords, 1::-1].T[:2]))
    whole = sign * (angle + 2 * pi * (turns - 1))
    if len(swept) > 1:
        np.testing.assert_allclose(swept[-1] - swept[0], whole * (1 - path.fraction[chords, 1][0]), atol=1e-6)


def test_a_probe_shapes_nothing():
    """G38.2 to a target within the material: neither the move nor the way back is a path of the tool."""
    program = interpret(
        "G21 G90 G17 G94 G54\nG0 X1 Y0 Z5\nG38.2 Z-10 F100\nG0 Z5\nG1 X20 F300\nM2\n", file="p.ngc", tools=TOOLS
    )
    path = linearise(program, chord_tolerance=1e-6)
    assert path.line.tolist() == [2, 5]
    assert path.start[-1] == pytest.approx([1e-3, 0, 5e-3])
