"""Thermo-elasticity of a part against closed forms."""

import numpy as np
import pytest

from twin.thermal.finite_volume.elasticity import ElasticMaterial, FloatingPart

IRON = ElasticMaterial(120e9, 0.27, 11e-6)


def bar(counts, spacing, material=None, materials=(IRON,)):
    cells = np.argwhere(np.ones(counts, bool))
    of_cell = np.zeros(len(cells), int) if material is None else material(cells)
    return FloatingPart(cells, np.zeros(3), np.asarray(spacing, float), of_cell, materials)


def displacement(part, temperature):
    """(node, 3) without the rigid motion that fits it best."""
    u = part.solve((part.heating @ temperature)[:, None])[:, 0]
    return (u - part.rigid @ np.linalg.lstsq(part.rigid, u)[0]).reshape(-1, 3)


def without_rigid(part, u):
    return (u.ravel() - part.rigid @ np.linalg.lstsq(part.rigid, u.ravel())[0]).reshape(-1, 3)


def test_even_rise_expands_evenly():  # A8b
    part = bar((4, 3, 5), (0.03, 0.05, 0.02))
    expected = without_rigid(part, 11e-6 * part.nodes)
    assert abs(displacement(part, np.ones(60)) - expected).max() < 1e-9 * abs(expected).max()


def test_patch_of_constant_strain():
    """Under the surface forces of one strain, the strain is exact in every element."""
    part = bar((2, 3, 2), (0.03, 0.05, 0.02))
    shear = np.array([[1.0, 0.2, -0.3], [0.2, -0.5, 0.4], [-0.3, 0.4, 0.7]])
    stress = 120e9 / 1.27 * (shear + 0.27 / (1 - 0.54) * np.trace(shear) * np.eye(3))
    force = np.zeros((len(part.nodes), 3))
    cells, d = part.cells, part.spacing
    for axis in range(3):
        for side in (0, 1):
            outer = cells[cells[:, axis] == (cells[:, axis].max() if side else 0)]
            for cell in outer:
                for corner in np.argwhere(np.ones((2, 2, 2))):
                    if corner[axis] == side:
                        node = np.argmin(abs(part.nodes - (cell + corner) * d).sum(axis=1))
                        force[node] += (2 * side - 1) * stress[axis] * np.prod(d) / d[axis] / 4
    u = part.solve(force.reshape(-1, 1)).reshape(-1, 3)
    expected = without_rigid(part, part.nodes @ shear)
    assert abs(without_rigid(part, u) - expected).max() < 1e-9 * abs(expected).max()


def test_bow_under_a_linear_gradient():  # A7: 1 m long, 0.5 m high, 1 K: 11 um
    n, height = 2, 0.5
    part = bar((20, 1, n), (0.05, 0.05, height / n))
    z = (part.cells[:, 2] + 0.5) * height / n
    u = displacement(part, z / height)
    curvature = np.polyfit(part.nodes[:, 0], u[:, 2], 2)[0] * 2
    assert abs(curvature) * 1.0**2 / 2 == pytest.approx(11e-6, rel=1e-9)


def test_bimetal_strip():  # A8: aluminium and steel, 2 mm each, 10 K
    materials = (ElasticMaterial(70e9, 0.0, 23e-6), ElasticMaterial(210e9, 0.0, 12e-6))
    part = bar((60, 1, 8), (1e-3, 1e-3, 0.5e-3), lambda cells: (cells[:, 2] >= 4) * 1, materials)
    u = displacement(part, np.full(480, 10.0))
    middle = (part.nodes[:, 0] > 0.015) & (part.nodes[:, 0] < 0.045)
    curvature = abs(np.polyfit(part.nodes[middle, 0], u[middle, 2], 2)[0] * 2)
    ratio = 70 / 210
    timoshenko = 6 * 11e-6 * 10 * 4 / (4e-3 * (3 * 4 + (1 + ratio) * (1 + 1 / ratio)))
    assert curvature == pytest.approx(timoshenko, rel=1e-2)


def test_interpolation_is_exact_for_linear_fields():
    part = bar((4, 3, 5), (0.03, 0.05, 0.02))
    points = np.array([[0.05, 0.07, 0.033], [0.12, 0.15, 0.1]])
    linear = part.nodes @ np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])
    expected = points @ np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])
    assert np.allclose((part.at(points) @ linear.ravel()).reshape(-1, 3), expected, rtol=1e-12)
