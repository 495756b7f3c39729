"""Structures by name, with bodies from mesh files, their reduced models kept on disk."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh

import twin
from twin.config import build
from twin.errors import InputError
from twin.labelled import heat_words
from twin.scenario import load_scenario
from twin.structure import structure_meshes, structure_model
from twin.thermal.finite_volume.structure import Structure

ASSUMED = {"scatter_pct": 20, "source": "assumed"}


def pillar(**body):
    """A pillar of 0.3 x 0.3 x 0.6 m on three feet."""
    foot = {"between": ["bed", "ground"], "patch_mm": [50, 50, 0], **ASSUMED}
    column = {"part": "bed", "material": "iron", "low_mm": [0, 0, 0], "high_mm": [300, 300, 600], "film_w_m2_k": 10}
    values = {
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
        "bodies": {"column": {**column, "source": "test", **body}},
        "joints": {
            "foot_1": {**foot, "at_mm": [[50, 50, 0]], "stiffness_n_um": [500, 500, 500]},
            "foot_2": {**foot, "at_mm": [[250, 50, 0]], "stiffness_n_um": [0, 500, 500]},
            "foot_3": {**foot, "at_mm": [[150, 250, 0]], "stiffness_n_um": [0, 0, 500]},
        },
        "heats": {"column": [{"body": "column"}]},
        "tool": {"part": "bed", "at_mm": [150, 150, 600], "patch_mm": [100, 100, 0]},
        "table": {"part": "bed", "at_mm": [150, 150, 0], "patch_mm": [100, 100, 0]},
        "reference_position_mm": [0, 0, 0],
        "axis_positions_mm": {"X": [0], "Y": [0], "Z": [0]},
    }
    return build(Structure, values, "structure")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(twin, "CACHE", tmp_path / "cache")


def write_box(file, faces=slice(None)):
    box = trimesh.creation.box((300, 300, 600))
    box.apply_translation([150, 150, 300])
    trimesh.Trimesh(box.vertices, box.faces[faces]).export(file)


def test_a_mesh_is_the_body_that_it_encloses_and_is_computed_once(tmp_path):
    file = tmp_path / "column.stl"
    write_box(file)
    of_mesh, of_box = structure_model(pillar(shape="mesh", file=str(file))), structure_model(pillar())
    np.testing.assert_allclose(of_mesh.conductance, of_box.conductance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(of_mesh.output, of_box.output, rtol=1e-6, atol=1e-15)
    before = {entry: entry.stat().st_ino for entry in (twin.CACHE / "structure").iterdir()}
    again = structure_model(pillar())
    assert {entry: entry.stat().st_ino for entry in (twin.CACHE / "structure").iterdir()} == before
    np.testing.assert_array_equal(again.basis, of_box.basis)
    assert (again.terms, again.wet, again.error) == (of_box.terms, of_box.wet, of_box.error)


def test_bad_meshes(tmp_path):
    file = tmp_path / "open.stl"
    write_box(file, slice(1, None))
    with pytest.raises(InputError, match="voxel model column is open: 3 edges"):
        structure_model(pillar(shape="mesh", file=str(file)))
    with pytest.raises(InputError, match="mesh file not found"):
        structure_meshes(pillar(shape="mesh", file="nowhere.stl"))
    with pytest.raises(InputError, match="a mesh needs a file"):
        pillar(shape="mesh")


def test_a_run_names_its_structure():
    assert load_scenario().structure is None
    chosen = load_scenario("structure=five_axis_trunnion", "structure.bodies.head.film_w_m2_k=12").structure
    assert chosen is not None and chosen.bodies["head"].film == 12
    with pytest.raises(InputError, match="there is no structure 'vmc_c_fram'"):
        load_scenario("structure=vmc_c_fram")


def test_a_run_says_what_its_reduction_costs():
    reduced = structure_model(pillar())
    run = SimpleNamespace(thermal=SimpleNamespace(structure=reduced))
    said = heat_words(SimpleNamespace(structure=pillar()), run)
    drift, temperature = re.search(r"at most (\S+) µm and (\S+) K", said).groups()
    assert float(drift) == pytest.approx(reduced.error.drift * 1e6, abs=5e-4)
    assert float(temperature) == pytest.approx(reduced.error.temperature, abs=5e-5)
    lumped = SimpleNamespace(thermal=SimpleNamespace(structure=None))
    assert heat_words(SimpleNamespace(structure=None), lumped) == "network of lumps"
