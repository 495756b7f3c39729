"""Wear tables of NASA and KSF: units, readings only, clear errors."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.formats.wear_table import read_milling_wear, read_turning_wear

HEADER = "tool_id,experiment_id,within_tool_order,vb_um,vc,fz,cooling\n"


@pytest.mark.data
def test_nasa_readings(data_dir):
    """Case 5, steel, 1.5 mm, 0.5 mm: .16@3 .29@6 .44@9 .53@12 .74@15."""
    table = read_milling_wear(data_dir / "nasa_milling_wear" / "process_info.csv")
    case = (table.case == 5) & (table.wear > 0)
    assert table.wear[case] == pytest.approx(np.array([0.16, 0.29, 0.44, 0.53, 0.74]) * 1e-3)
    assert table.time[case] == pytest.approx(np.array([3, 6, 9, 12, 15]) * 60)
    assert set(table.material[case]) == {"steel"} and set(table.depth[case]) == {1.5e-3}
    assert len(set(table.case)) == 16 and np.isfinite(table.wear).all()


@pytest.mark.data
def test_ksf_midpoints_are_dropped(data_dir):
    table = read_turning_wear(data_dir / "tool_life_ksf" / "manifest_multitool.csv")
    assert len(set(table.tool)) == 18 and len(table.wear) + table.n_interpolated == 172
    first = table.tool == "T1"
    assert table.order[first].tolist() == [1, 3, 5]
    assert table.wear[first] == pytest.approx(np.array([210.06, 242.72, 262.3]) * 1e-6)
    assert table.wear[table.tool == "T18"][-1] == pytest.approx(203e-6)


def test_only_midpoints_of_the_same_tool_count(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(
        HEADER + "A,1,1,100,80,0.3,Dry\nA,2,2,110,80,0.3,Dry\nB,3,1,120,80,0.3,Coolant\nB,4,2,160,80,0.3,Dry\n"
    )
    table = read_turning_wear(file)
    assert table.n_interpolated == 0 and table.coolant.tolist() == [False, False, True, False]
    assert table.speed[0] == pytest.approx(80 / 60)


def test_bad_tables(tmp_path):
    file = tmp_path / "t.csv"
    with pytest.raises(InputError, match="cannot be read"):
        read_turning_wear(file)
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the columns tool_id"):
        read_turning_wear(file)
    file.write_text(HEADER + "A,1,1,100,80,0.3,Dry\nA,2,2,wide,80,0.3,Dry\n")
    with pytest.raises(InputError, match=r"t.csv:3: vb_um is 'wide'"):
        read_turning_wear(file)
