"""The material tables: complete, sourced, and consistent where one number follows from another."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from twin.config import build
from twin.cutting import Material
from twin.errors import InputError

FOLDER = Path(__file__).resolve().parents[2] / "conf" / "material"
FILES = sorted(FOLDER.glob("*.yaml"))


def load(name) -> Material:
    return build(Material, yaml.safe_load((FOLDER / f"{name}.yaml").read_text()), "material")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_set_has_source_scatter_and_sureness(file):
    material = load(file.stem)
    assert material.reason and material.properties_source and material.other_properties
    for entry in material.cutting:
        assert entry.source and entry.scatter.basis
        for name in ("ktc", "krc", "kac", "kte", "kre", "chisel"):
            assert 0 < getattr(entry.scatter, name) and 0 <= getattr(entry, name), f"{entry.name}.{name}"
    for name in ("density", "specific_heat", "conductivity", "expansion", "youngs_modulus"):
        scatter = getattr(material.properties_scatter, name)
        said = [getattr(other, name) for other in material.other_properties]
        assert any(abs(value - getattr(material, name)) <= 2 * scatter for value in said if value is not None), name
    assert len(FILES) >= 3


def kienzle_line(kc1: float, mc: float) -> np.ndarray:
    """Slope [Pa] and intercept [N/m] of the line through kc1 h^(1-mc), h from 0.02 to 0.15 mm."""
    chip = np.linspace(0.02, 0.15, 200)
    return np.polyfit(chip, kc1 * chip ** (1 - mc), 1) * [1e6, 1e3]


@pytest.mark.parametrize(
    ("name", "row", "kc1", "mc"),
    [("aa6061_t6", "wrought_kienzle", 470, 0.27), ("ti_6al_4v", "tool_maker_kienzle", 1400, 0.23)],
)
def test_kienzle_rows_follow_from_their_constants(name, row, kc1, mc):
    entry = next(entry for entry in load(name).cutting if entry.name == row)
    assert [entry.ktc, entry.kte] == pytest.approx(kienzle_line(kc1, mc), rel=2e-3)


def test_chosen_6061_set_agrees_with_the_handbook():
    """Specific cutting force of the set in force within 20 % of 470 h^-0.27 N/mm2 from 0.05 to 0.15 mm."""
    k = load("aa6061_t6").coefficients
    chip = np.array([0.05, 0.1, 0.15])
    assert (k.ktc + k.kte / (chip * 1e-3)) / 1e6 == pytest.approx(470 * chip**-0.27, rel=0.2)


def orthogonal_titanium(chip_mm: float, rake_deg: float, oblique_deg: float) -> list[float]:
    """Budak, Altintas and Armarego (1996): database constants and Armarego's transformation [N/mm2]."""
    rake, oblique = np.radians(rake_deg), np.radians(oblique_deg)
    shear_stress, friction = 613.0, np.radians(19.1 + 0.29 * rake_deg)
    ratio = (1.755 - 0.028 * rake_deg) * chip_mm ** (0.331 - 0.0082 * rake_deg)
    shear = np.arctan(ratio * np.cos(rake) / (1 - ratio * np.sin(rake)))
    normal = np.arctan(np.tan(friction) * np.cos(oblique))
    sine = np.tan(oblique) * np.sin(normal)  # chip flows along the obliquity (Stabler)
    root = np.sqrt(np.cos(shear + normal - rake) ** 2 + (np.tan(oblique) * np.sin(normal)) ** 2)
    tangential = shear_stress / np.sin(shear) * (np.cos(normal - rake) + np.tan(oblique) * sine) / root
    radial = shear_stress / (np.sin(shear) * np.cos(oblique)) * np.sin(normal - rake) / root
    axial = shear_stress / np.sin(shear) * (np.cos(normal - rake) * np.tan(oblique) - sine) / root
    return [tangential, radial, axial]


@pytest.mark.parametrize(("row", "rake"), [("orthogonal_1996", 0.0), ("orthogonal_1996_rake_12", 12.0)])
def test_titanium_rows_follow_from_the_orthogonal_database(row, rake):
    entry = next(entry for entry in load("ti_6al_4v").cutting if entry.name == row)
    expected = np.array(orthogonal_titanium(0.05, rake, 30.0)) * 1e6
    assert [entry.ktc, entry.krc, entry.kac] == pytest.approx(expected, rel=2e-3)


def test_bad_tables():
    values = yaml.safe_load((FOLDER / "aa7075_t6.yaml").read_text())
    with pytest.raises(InputError, match="no cutting coefficients 'nobody'"):
        build(Material, values | {"chosen": "nobody"})
    with pytest.raises(InputError, match="not positive"):
        build(Material, values | {"density_kg_m3": -1})
    with pytest.raises(InputError, match="is in m, expected kg/m3"):
        build(Material, {("density_mm" if key == "density_kg_m3" else key): value for key, value in values.items()})
