"""The table of `twin life --change --failure` on a run that was made up."""

import json

import numpy as np
import pytest
import xarray as xr
import yaml
from rich.console import Console

from twin.errors import InputError
from twin.production.tool_life.job import plan_tools
from twin.production.tool_life.parts import LogLife
from twin.production.tool_life.replacement import best_interval
from twin.resources import shared_folder
from twin.result import Result


def make(folder, used):
    """A run of which each part uses ``used`` of the tools' lives, titanium."""
    tree = xr.DataTree.from_dict({"segments": xr.Dataset()})
    tree.attrs.update(title="made", life_used_by_part=json.dumps(used))
    Result(tree).save(folder)
    wear = yaml.safe_load((shared_folder("conf") / "wear" / "ti_6al_4v.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({"wear": wear}))
    return folder


def test_interval_of_the_table_is_the_best_one(tmp_path):
    console = Console(file=(tmp_path / "out.txt").open("w"), width=200)
    plan_tools(make(tmp_path, {"T1": 0.02, "T2": 0.0, "T3": 3.0}), 40.0, 400.0, 30, console)
    console.file.close()
    text = (tmp_path / "out.txt").read_text()
    best = best_interval(LogLife(np.log(50), 0.0, 0.7).survival(np.arange(2000)), 40.0, 400.0)
    row = next(line for line in text.splitlines() if "T1" in line)
    assert f"{best.n_parts}" in row and f"{best.cost:.2f}" in row
    assert "T2" not in text and "within a part" in text


def test_without_a_law_of_wear(tmp_path):
    with pytest.raises(InputError, match="no law of wear"):
        plan_tools(make(tmp_path, {}), 40.0, 400.0, None, Console())
