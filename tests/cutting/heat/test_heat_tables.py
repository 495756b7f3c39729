"""Tables of flow stress and tool materials: sourced, and what they say of their scatter is true."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from twin.config import build
from twin.cutting.heat import FlowStressTable, ToolMaterial, flow_stress
from twin.errors import InputError

CONF = Path(__file__).resolve().parents[3] / "conf"
FILES = sorted((CONF / "flow_stress").glob("*.yaml"))


def load(name) -> FlowStressTable:
    return build(FlowStressTable, yaml.safe_load((CONF / "flow_stress" / f"{name}.yaml").read_text()), name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_row_has_a_source_and_softens(file):
    table = load(file.stem)
    assert len(FILES) >= 8 and table.reason and table.scatter
    for row in table.rows:
        assert row.source
        stress = np.asarray(flow_stress(row.constants, 1.0, 1e3, np.array([20.0, 300.0, 500.0])))
        assert (np.diff(stress) < 0).all() and 400e6 < stress[0] < 3e9


def test_titanium_sources_are_as_far_apart_as_the_table_says():
    stress = [float(flow_stress(row.constants, 1.0, 1e3, 20.0)) / 1e6 for row in load("ti_6al_4v").rows]
    assert stress == pytest.approx([1280, 2340, 1530], rel=0.01)


def test_carbide():
    carbide = build(ToolMaterial, yaml.safe_load((CONF / "tool_material" / "carbide.yaml").read_text()))
    assert 0 < carbide.flank_share < 1 and carbide.source


def test_unknown_choice():
    values = yaml.safe_load((CONF / "flow_stress" / "aisi_1045.yaml").read_text()) | {"chosen": "none"}
    with pytest.raises(InputError, match="no flow stress 'none'"):
        build(FlowStressTable, values)
