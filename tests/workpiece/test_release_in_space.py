"""Release against finite elements in space: an even plate exactly, panels with frame and ribs within a fifth."""

import numpy as np
import pytest

from twin.stock.cut import Columns
from twin.thermal.finite_volume.elasticity import ElasticMaterial, FloatingPart
from twin.units import MM, Uncertain
from twin.workpiece import ResidualStress, along_normal, part_sections, release

E, NU, ALPHA, SIZE, THICK = 71.7e9, 0.33, 23.4e-6, 12e6, 30 * MM
STRESS = tuple(Uncertain(s, 0.0) for s in (-SIZE, SIZE, -SIZE))
PROFILE = ResidualStress(
    name="test",
    depth=(0.0, THICK / 2, THICK),
    rolling=STRESS,
    transverse=STRESS,
    rolling_direction="x",
    plate_scatter=0.0,
    poisson=NU,
    source="test",
    scatter_basis="test",
    sureness="assumed",
)


def both(top: np.ndarray, spacing: float, layer: float) -> tuple[np.ndarray, np.ndarray]:
    """Heights of the underside above its plane (node,) [m], of the elements and of the sections.

    The stress enters the elements as the temperature that would leave it: -stress (1 - nu) / (E alpha).
    """
    height = (np.arange(round(THICK / layer)) + 0.5) * layer
    cells = np.argwhere(height < top[..., None])[:, [1, 0, 2]]
    stress = np.interp(height, [0, THICK / 2, THICK], [-SIZE, SIZE, -SIZE])
    material = [ElasticMaterial(E, NU, ALPHA)]
    part = FloatingPart(cells, np.zeros(3), np.array([spacing, spacing, layer]), np.zeros(len(cells), int), material)
    rise = -stress[cells[:, 2]] * (1 - NU) / (E * ALPHA)
    up = part.solve(part.heating @ rise[:, None]).reshape(-1, 3)[:, 2]
    under = np.abs(part.nodes[:, 2]) < 1e-9
    nodes = part.nodes[under]
    plane = np.stack([np.ones(len(nodes)), nodes[:, 0], nodes[:, 1]], axis=1)
    floor = np.full(top.shape, -THICK, np.float32)
    columns = Columns(np.zeros(2), np.array([spacing, spacing, layer]), (top - THICK).astype(np.float32), floor)
    sections = part_sections(columns, np.array(PROFILE.depth), 0.0)
    field, _ = release(sections, PROFILE, E)
    at = nodes - [0, 0, THICK]
    found = [up[under], along_normal(sections, field, at, np.broadcast_to([0, 0, 1.0], at.shape))]
    return tuple(w - plane @ np.linalg.lstsq(plane, w)[0] for w in found)  # type: ignore[return-value]


def panel(ribs: bool) -> np.ndarray:
    """A floor of 3 mm in a frame of 12 mm, 240 x 160 mm, with or without ribs of 4 mm; heights [m] over a 4 mm grid."""
    top = np.full((40, 60), 3 * MM)
    top[:3] = top[-3:] = top[:, :3] = top[:, -3:] = THICK
    if ribs:
        top[20] = top[:, 20] = top[:, 40] = THICK
    return top


def test_half_a_plate_is_exact():
    elements, sections = both(np.full((20, 30), THICK / 2), 4 * MM, 1.5 * MM)
    assert np.ptp(sections) == pytest.approx(np.ptp(elements), rel=1e-4)
    assert np.std(sections - elements) < 1e-4 * np.std(elements)


@pytest.mark.parametrize("ribs", [True, False])
def test_panels_bow_as_they_do_in_space(ribs):
    elements, sections = both(panel(ribs), 4 * MM, 3 * MM)
    assert np.ptp(sections) == pytest.approx(np.ptp(elements), rel=0.2)
    assert np.std(sections - elements) < 0.25 * np.std(elements)
