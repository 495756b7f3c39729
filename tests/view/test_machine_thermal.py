"""Pictures of a warm machine: what moves, what is coloured, one scale over all frames."""

from io import BytesIO

import numpy as np
from PIL import Image

from twin.config import build
from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.voxels import voxelise
from twin.view.machine_thermal import animation, draw_machine, machine_frames

ASSUMED = {"scatter_pct": 20, "source": "assumed"}


def foot(at, stiffness):
    return {
        "between": ["bed", "ground"],
        "at_mm": [at],
        "patch_mm": [50, 50, 0],
        "stiffness_n_um": stiffness,
        **ASSUMED,
    }


PILLAR = {
    "name": "pillar",
    "cell_mm": 100,
    "materials": {
        "iron": {
            "density_kg_m3": 7200,
            "specific_heat_j_kg_k": 500,
            "conductivity_w_m_k": 48,
            "expansion_um_m_k": 11,
            "youngs_modulus_gpa": 120,
            "poisson_ratio": 0.27,
            **ASSUMED,
        }
    },
    "bodies": {
        "bed": {"part": "bed", "material": "iron", "low_mm": [0, 0, 0], "high_mm": [300, 300, 1000], "source": "test"}
    },
    "joints": {
        "foot_1": foot([50, 50, 0], [500, 500, 500]),
        "foot_2": foot([250, 50, 0], [0, 500, 500]),
        "foot_3": foot([150, 250, 0], [0, 0, 500]),
    },
    "heats": {},
    "tool": {"part": "bed", "at_mm": [150, 150, 1000], "patch_mm": [100, 100, 0]},
    "table": {"part": "bed", "at_mm": [150, 150, 0], "patch_mm": [100, 100, 0]},
    "reference_position_mm": [0, 0, 0],
    "axis_positions_mm": {"X": [0], "Y": [0], "Z": [0]},
}


def coloured(picture):
    """Rows and columns of the pixels of the machine that are neither white, grey nor black."""
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    pixels = pixels[:, : int(0.8 * pixels.shape[1])]  # without the scale
    return np.argwhere(np.ptp(pixels, axis=2) > 40)


def test_a_pillar_that_warms_from_one_side_leans_in_the_animation():
    structure = build(Structure, PILLAR, "structure")
    voxels = voxelise(structure)
    elastic = ElasticStructure(structure, voxels)
    warm = 10.0 * (voxels.centres[:, 0] < 0.1)
    pictures = machine_frames(elastic, np.stack([0 * warm, warm / 2, warm], axis=1), ["0 h", "1 h", "2 h"])
    with Image.open(BytesIO(animation(pictures))) as film:
        assert film.n_frames == 3
    frames = [coloured(picture) for picture in pictures]
    lean = [places[:, 1].max() for places in frames]
    # the warm left side is longer, so the top moves to the right, twice as far when twice as warm
    first, second = lean[1] - lean[0], lean[2] - lean[0]
    assert first > 5
    assert abs(second - 2 * first) <= 3


def test_one_picture(tmp_path):
    structure = build(Structure, PILLAR, "structure")
    voxels = voxelise(structure)
    draw_machine(ElasticStructure(structure, voxels), np.ones(len(voxels.cells)), tmp_path / "warm.png", "even")
    assert len(coloured(Image.open(tmp_path / "warm.png"))) > 10_000
