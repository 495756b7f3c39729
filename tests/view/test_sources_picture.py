"""Pictures of the sources of error: each on its own range or all on a common one."""

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from twin.errors import InputError
from twin.formats.mesh import write_mesh
from twin.view.picture import BY_SOURCE, render

FIELDS = {"deviation_um": -40.0, "deviation_thermal_um": 10.0, "deviation_release_um": 100.0, "force_n": 5.0}
MAP = matplotlib.colormaps["RdBu_r"]


@pytest.fixture
def run(tmp_path):
    """A run folder whose part is a square plate with one value a field."""
    vertices = np.array([[a, b, 0.0] for a in (0.0, 0.1) for b in (0.0, 0.1)])
    fields = {name: np.full(4, value, np.float32) for name, value in FIELDS.items()}
    write_mesh(tmp_path / "part.vtp", vertices, np.array([[0, 2, 3], [0, 3, 1]]), fields=fields)
    return tmp_path


def pixels(image: np.ndarray, value: float, limit: float) -> int:
    wanted = np.array(MAP((value / limit + 1) / 2)[:3]) * 255
    return int((np.abs(image[..., :3].astype(float) - wanted).max(axis=-1) <= 2).sum())


@pytest.mark.gl
def test_same_limits_in_a_picture(run):
    render(run, run / "a.png", "deviation_thermal_um", same_limits=True)
    assert pixels(imread(run / "a.png") * 255, 10.0, 100.0) > 20_000


@pytest.mark.gl
def test_row_of_pictures_has_every_source_on_one_range(run):
    render(run, run / "a.png", BY_SOURCE)
    image = imread(run / "a.png") * 255
    assert image.shape[:2] == (300, 1200)
    for place, name in enumerate(FIELDS):
        if name != "force_n":
            assert pixels(image[:, 400 * place : 400 * (place + 1)], FIELDS[name], 100.0) > 5_000


@pytest.mark.gl
def test_a_part_without_deviation_is_one_clear_error(tmp_path):
    write_mesh(tmp_path / "part.vtp", np.eye(3), np.array([[0, 1, 2]]), fields={"force_n": np.ones(3, np.float32)})
    with pytest.raises(InputError, match="no deviation"):
        render(tmp_path, tmp_path / "a.png", BY_SOURCE)
