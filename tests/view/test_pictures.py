"""Pictures: colours equal the scalar bar, limits are round, and a missing GL library is a sentence, not a crash."""

import ctypes.util

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from twin.errors import InputError
from twin.formats.mesh import write_mesh
from twin.view.picture import GL_REMEDY, Drawer, render, require_gl


def colour_limits(*arguments):
    from twin.view.scene import colour_limits

    return colour_limits(*arguments)


@pytest.fixture
def run(tmp_path):
    """A run folder whose part is a square plate, 100 mm wide, at +25 um on the left and -50 um on the right."""
    x = np.array([0.0, 50.0, 50.0, 100.0]) * 1e-3
    vertices = np.array([[a, b, 0.0] for a in x for b in (0.0, 0.1)])
    faces = np.array([[0, 2, 3], [0, 3, 1], [4, 6, 7], [4, 7, 5]])
    value = np.repeat([25.0, 25.0, -50.0, -50.0], 2).astype(np.float32)
    write_mesh(tmp_path / "part.vtp", vertices, faces, fields={"deviation_um": value})
    return tmp_path


@pytest.mark.gl
def test_pixels_have_the_colours_of_the_map(run):
    render(run, run / "part.png", title="a plate")
    image = imread(run / "part.png")[..., :3]
    colour_map = matplotlib.colormaps["RdBu_r"]
    seen = {tuple(c) for c in (image.reshape(-1, 3) * 255).round().astype(int)}
    for value in (25.0, -50.0):
        wanted = (np.array(colour_map((value + 50) / 100)[:3]) * 255).round().astype(int)
        assert any(np.abs(np.array(c) - wanted).max() <= 2 for c in seen), f"no pixel of {value} um"
        count = (np.abs(image * 255 - wanted).max(axis=-1) <= 2).sum()
        assert count > 20_000, f"only {count} pixels of {value} um"


@pytest.mark.gl
def test_unknown_field_names_the_known_ones(run):
    with pytest.raises(InputError, match="no 'colour'.*known: deviation_um"):
        render(run, run / "part.png", "colour")


@pytest.mark.parametrize(
    ("values", "symmetric", "limits"),
    [
        ([-3.0, 17.0], True, (-20.0, 20.0)),
        ([-48.0, 2.0], True, (-50.0, 50.0)),
        ([0.0, 730.0], False, (0.0, 1000.0)),
        ([np.nan, np.nan], True, (-1.0, 1.0)),
    ],
)
def test_limits_are_round_and_symmetric(values, symmetric, limits):
    assert colour_limits(np.array(values), symmetric, None) == limits


@pytest.mark.skipif(bool(ctypes.util.find_library("OSMesa")), reason="with OSMesa installed this window class works")
def test_without_gl_the_package_is_named(run, monkeypatch):
    """VTK told to use a GL library that is not there ends its process; the user reads which package to install."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    with pytest.raises(InputError) as caught:
        render(run, run / "part.png")
    assert GL_REMEDY in str(caught.value)
    assert not (run / "part.png").exists()
    with pytest.raises(InputError) as caught:
        require_gl()
    assert GL_REMEDY in str(caught.value)


def test_an_unfinished_run_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="not a finished run"):
        render(tmp_path, tmp_path / "x.png")


def test_a_drawer_that_gets_no_order_ends_with_its_block(run):
    with Drawer() as drawer:
        child = drawer._child
    assert child.poll() is not None
