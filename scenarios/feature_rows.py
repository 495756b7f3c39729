"""Rows of a features.yaml, as the scripts of the scenarios write them. Lengths in millimetres."""

from collections.abc import Sequence

import numpy as np
import yaml


def feature(kind: str, name: str, centre: Sequence[float] | np.ndarray, **rest: object) -> dict:
    made = {"kind": kind, "name": name, "centre_mm": [round(float(v), 4) for v in centre]}
    for key, value in rest.items():
        made[key] = [round(float(v), 10) for v in value] if isinstance(value, list) else value
    return made


def listed(rows: list[dict]) -> str:
    """A YAML list, one row a line."""
    lines = [yaml.safe_dump(row, default_flow_style=True, sort_keys=False, width=1000) for row in rows]
    return "".join(f"- {line}" for line in lines)
