"""What the view leaves in files opens in other programs and holds what was asked for."""

import os

import imageio.v3 as imageio
import matplotlib
import numpy as np
import pytest
import pyvista as pv
from PIL import Image

from twin.errors import InputError
from twin.view.stage.loaded import load_run

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def stage(two_coloured, small_run):
    from twin.view.stage.stage import Stage

    stage = Stage(load_run(two_coloured), load_run(small_run), size=(640, 400))
    yield stage
    stage.plotter.close()


def counted(picture, value):
    """Pixels that have the colour of ``value`` on a range of 50."""
    wanted = np.array(matplotlib.colormaps["RdBu_r"]((value / 50 + 1) / 2)[:3]) * 255
    return int((np.abs(picture[..., :3].astype(float) - wanted).max(axis=-1) <= 2).sum())


def test_a_picture(stage, tmp_path):
    from twin.view.stage.files import save_picture

    stage.compare(False)
    save_picture(stage, tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape == (400, 640, 3)
    assert counted(picture, 25.0) > 1_000
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_a_film_ends_with_the_finished_part(stage, tmp_path, name):
    from twin.view.stage.files import save_film

    stage.compare(False)
    save_film(stage, tmp_path / name, 0.3)
    frames = imageio.imread(tmp_path / name, index=None if name.endswith("mp4") else ...)
    assert len(frames) == 26 or name.endswith("gif")  # a gif says that a frame stays
    assert 6 <= len(frames) <= 26 and frames.shape[1:3] == (400, 640)
    blue = [(f[..., 2].astype(int) - f[..., 0] > 60).sum() for f in (frames[0], frames[-1])]
    assert blue[1] > blue[0] + 1_000  # the blue half of the slot has appeared


@pytest.mark.parametrize("name", ["a.vtp", "a.vtkhdf"])
def test_a_mesh_holds_both_runs_and_their_difference(stage, tmp_path, name):
    from twin.view.stage.files import save_mesh

    save_mesh(stage, tmp_path / name)
    part = pv.read(tmp_path / name)
    known = part.point_data
    np.testing.assert_allclose(
        known["other_deviation_um"] - known["deviation_um"], known["difference_deviation_um"], atol=1e-4
    )
    original = pv.read(stage.other.folder / "part.vtp")
    np.testing.assert_allclose(known["other_deviation_um"], original.point_data["deviation_um"], atol=1e-4)
    assert part.n_cells == original.n_cells and {"force_n", "engagement_deg", "line"} <= set(known.keys())


def test_another_kind_of_file_is_one_clear_error(stage, tmp_path):
    from twin.view.stage.files import save_film, save_mesh

    with pytest.raises(InputError, match="FILE.mp4 or FILE.gif"):
        save_film(stage, tmp_path / "a.avi", 1.0)
    with pytest.raises(InputError, match="FILE.vtp or FILE.vtkhdf"):
        save_mesh(stage, tmp_path / "a.obj")
    with pytest.raises(InputError, match="cannot be written"):
        save_mesh(stage, tmp_path / "none" / "a.vtp")
