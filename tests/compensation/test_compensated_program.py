"""Compensated programs: interpreted again, their path lies off the old one by minus the error."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from twin.compensation.rewrite import compensate, path_shift
from twin.errors import InputError
from twin.program import Op, interpret, linearise

UM = 1e-6
RESOLUTION = 1e-7
HEAD = "G21 G90 G17 G94 G54\nS8000 M3\n"
PROGRAMS = {
    "lines": HEAD + "G0 X0 Y0 Z5\nG1 Z-1 F300\nN30 X80 F900 (LONG)\nY60\nX0 Y0\nG0 Z5\nM30\n",
    "arcs": HEAD
    + "G0 X0 Y0 Z0\nG1 X10 F600\nG3 X30 Y20 I0 J20 F900\nG2 X70 Y20 R20\nG2 X70 Y20 I-15 J0\n"
    + "G3 X70 Y20 Z-4 I-10 J0 P2\nG18 G2 X90 Z-4 I10 K0\nM30\n",
    "incremental": HEAD + "G0 X0 Y0 Z5\nG91\nG1 Z-6 F300\nX40\nG2 X10 Y-10 I0 J-10\nG1 Y-30\nG90 X0 Y0\nM30\n",
    "inch": "G20 G90 G17 G94 G54\nG0 X0 Y0 Z.1\nG1 Z-.05 F10.\nX2. F30.\nG3 X3. Y1. I0 J1.\nG91 G28 Z0\nG90\nM30\n",
    "cycle": HEAD + "G0 X0 Y0 Z10\nG98 G83 X6 Y6 Z-12 R2 Q5 F200\nX60 Y6\nY50\nG80\nG82 X5 Y5 Z-3 R1 P0.5\nG80\nM30\n",
    "offsets": HEAD
    + "G0 X0 Y0 Z5\nG55 G0 X5 Y5\nG52 X1 Y2 Z0\nG1 X30 Y20 Z-1 F500\nG68 X0 Y0 R30\nX60\nG69\nX0\nM30\n",
}
OFFSETS = {"G54": (0.1, 0.05, -0.02, 0, 0, 0), "G55": (0.15, 0.1, 0.01, 0, 0, 0)}


def read(text: str):
    return interpret(text, file="part.nc", tools={}, work_offsets=OFFSETS)


def error(tip: np.ndarray) -> np.ndarray:
    """A smooth error of 20 µm that bends with a length of 60 mm, (point, 3) [m]."""
    x, y, z = tip.T / 0.06
    return 20 * UM * np.stack([np.sin(x + y), np.cos(x - z), np.sin(y) * np.cos(z)], axis=-1)


def moved(text: str, field=error, tolerance=0.5 * UM):
    program = read(text)
    made = compensate(
        program,
        lambda move, fraction, tip: -field(tip),
        read,
        tolerance=tolerance,
        shortest=0.5e-3,
        resolution=RESOLUTION,
    )
    return program, made


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("tolerance", [2 * UM, 0.2 * UM])
def test_the_path_moves_by_minus_the_error(name, tolerance):
    program, made = moved(PROGRAMS[name], tolerance=tolerance)
    path = linearise(program, chord_tolerance=1e-6, max_length=1e-3)
    left_alone = {int(note.split()[1]) for note in made.notes}
    cutting = ~path.rapid & ~np.isin(path.line, list(left_alone))
    for side, tip in enumerate((path.start, path.end)):
        shift = path_shift(program, made, path.move, path.fraction[:, side], later=side == 0)
        wrong = np.linalg.norm(shift + error(tip), axis=1)[cutting]
        assert wrong.max() < 1.3 * tolerance + RESOLUTION  # along an arc the pieces may also run ahead a little


@pytest.mark.parametrize("name", ["lines", "arcs", "incremental", "inch", "offsets"])
def test_a_constant_error_shifts_the_whole_path(name):
    """Without looking at how the pieces correspond: every point of the new path lies on the old one, shifted."""
    constant = np.array([12.3, -45.6, 7.8]) * UM
    program, made = moved(PROGRAMS[name], lambda tip: np.broadcast_to(constant, tip.shape))
    old, new = (linearise(p, chord_tolerance=1e-9, max_length=20e-6) for p in (program, made.program))
    cutting = ~new.rapid
    distance, _ = cKDTree(old.start - constant).query(new.start[cutting])
    assert distance.max() < 11e-6  # half a piece along the path ...
    distance, row = cKDTree(old.start - constant).query(new.end[cutting])
    along = old.end[row] - old.start[row]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    off = new.end[cutting] - (old.start[row] - constant)
    across = off - along * np.sum(off * along, axis=1, keepdims=True)
    corner = np.linalg.norm(off, axis=1) > 8e-6  # the direction of the other leg
    assert np.linalg.norm(across, axis=1)[~corner].max() < 0.15 * UM  # ... and the rounding across it
    assert new.length[cutting].sum() == pytest.approx(old.length[~old.rapid].sum(), rel=1e-5)


def test_lines_stay_comparable():
    program, made = moved(PROGRAMS["lines"])
    lines = made.text.splitlines()
    assert [lines[list(made.of_line).index(n)].split()[0] for n in (5, 6)] == ["N30", "G1"]
    first = list(made.of_line).index(5)
    assert lines[first].startswith("N30 F900 G1 X") and lines[first].endswith("(LONG)")
    assert list(made.of_line).count(5) > 2 and list(made.of_line).count(4) == 1
    assert sorted(made.of_line) == list(made.of_line)
    feed = made.program.op == Op.FEED
    source = made.of_line[made.program.line[feed] - 1]
    np.testing.assert_allclose(made.program.feed[feed], np.where(source == 4, 0.3, 0.9) / 60)


def test_arcs_stay_arcs_and_a_whole_turn_is_cut():
    program, made = moved(PROGRAMS["arcs"], tolerance=50 * UM)
    arcs = made.program.op == Op.ARC
    of = made.of_line[made.program.line[arcs] - 1]
    counts = [int(np.sum(of == line)) for line in (5, 6, 7, 8, 9)]
    assert counts == [1, 2, 3, 6, 2]  # 90, 180, 360, 720 and 180 degrees in pieces of 120 at most
    assert set(made.program.turns[arcs].tolist()) == {1, -1}


def test_a_block_is_cut_where_the_error_bends_and_only_there():
    def bump(tip):
        return np.stack([0 * tip[:, 0], 10 * UM * np.exp(-(((tip[:, 0] - 0.11) / 0.004) ** 2)), 0 * tip[:, 0]], axis=-1)

    _, made = moved(HEAD + "G0 X0 Y0 Z0\nG1 X80 F500\nM30\n", bump)
    pieces = made.pieces.fraction[made.pieces.move == made.pieces.move.max()]
    length = np.diff(pieces, axis=1).ravel() * 0.08
    near = np.abs(pieces.mean(axis=1) * 0.08 - 0.01) < 0.01
    assert length[near].min() < 0.002 and length[~near].max() >= 0.02


def test_the_original_is_not_touched_where_nothing_is_wrong():
    program, made = moved(PROGRAMS["cycle"], lambda tip: np.zeros_like(tip))
    ends = [p.end[np.isin(p.op, (Op.RAPID, Op.FEED))] for p in (program, made.program)]
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-9)
    assert np.sum(made.program.op == Op.DWELL) == np.sum(program.op == Op.DWELL) > 0


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("G0 X0\nG92 X0\nG1 X10 F100\nM30\n", "part.nc:4: G92 stands here"),
        ("G93 G1 X10 F2\nG94\nM30\n", "part.nc:3: G93 stands here"),
        (
            "O100 repeat [3]\nG91 G1 X1 F100\nO100 endrepeat\nG90\nM30\n",
            "part.nc:3: flow control or a call",
        ),
        ("G1 A10 F100\nM30\n", "part.nc:3: a rotary axis moves"),
        ("G0 X0\nG10 L20 P1 X0\nM30\n", "part.nc:4: G10 L20 stands here"),
    ],
)
def test_programs_that_cannot_be_moved_line_by_line(text, where):
    with pytest.raises(InputError) as caught:
        moved(HEAD + text)
    assert str(caught.value).startswith(where) and "use a table of the control" in str(caught.value)


def test_probing_and_tapping_stay_as_they_are():
    text = HEAD + "G0 X0 Y0 Z5\nG38.2 Z-5 F50\nG0 Z5\nG84 X10 Y10 Z-5 R2 F100\nG80\nG1 X20 F100\nM30\n"
    program, made = moved(text)
    assert [note.split(":")[0] for note in made.notes] == ["line 4 stays as it is", "line 6 stays as it is"]
    assert "G38.2 Z-5 F50" in made.text and "G84 X10 Y10 Z-5 R2 F100" in made.text
