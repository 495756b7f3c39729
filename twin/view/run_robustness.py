"""What `twin robust` found for the configuration of a run, in the report of that run."""

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.sweep.columns import read_table
from twin.view.page import image

TABLE, SUMMARY, PICTURE = "robustness.parquet", "robustness.json", "robustness.png"
IRRELEVANT = ("bench", "advice")  # groups that change nothing of the part


@dataclass(frozen=True)
class Scattered:
    """The part over the stated scatter of material, tools, machine and surroundings."""

    deviation: dict[str, float]  # feature.characteristic -> one standard deviation [um]
    probability: dict[str, float]  # feature.characteristic -> of being in tolerance
    summary: dict[str, Any]
    picture: bytes  # PNG; empty where there is none
    name: str  # of its folder


def scattered(folder: Path, config: dict[str, Any]) -> Scattered | None:
    """The newest finding for the same configuration beside the run; None where nobody asked for one.

    Args:
        folder: of the run, below the folder of all runs.
        config: of the run.
    """
    found = sorted(folder.resolve().parent.parent.glob(f"*/*/{SUMMARY}"), key=lambda file: file.stat().st_mtime)
    for file in reversed(found):
        beside = file.with_name("config.yaml")
        if beside.is_file() and _same(yaml.safe_load(beside.read_text()), config):
            return _read(file.parent)
    return None


def robustness_section(found: Scattered | None) -> str:
    """How often the part is good, and what to tighten first; how to find out, where it is not known."""
    if found is None:
        return (
            "<p>What the stated scatter of material, tools, machine and surroundings makes of these characteristics is "
            "not known for this run: <code>twin robust RUN</code> computes it, and this report then shows it.</p>"
        )
    good, low, high = (100 * value for value in found.summary["probability_part_in_tolerance_ratio"])
    first = ", ".join(html.escape(name) for name in found.summary["tighten_first"])
    said = (
        f"<p>Over the stated scatter ({found.summary['n_samples']:,} parts, {found.summary['n_sources']} causes) "
        f"{good:.1f} % of the parts ({low:.1f} to {high:.1f} %) keep every tolerance. "
        f"What to tighten first: {first}.</p>"
    )
    caption = f"Where drawn parts lie in their tolerances, and what makes them scatter ({found.name})."
    return said + (image(found.picture, caption) if found.picture else "")


def _read(folder: Path) -> Scattered:
    rows = read_table(folder / TABLE)
    names = rows["name"].to_pylist()
    picture = folder / PICTURE
    return Scattered(
        deviation=dict(zip(names, rows["deviation_um"].to_pylist(), strict=True)),
        probability=dict(zip(names, np.asarray(rows["probability_ratio"]).tolist(), strict=True)),
        summary=json.loads((folder / SUMMARY).read_text()),
        picture=picture.read_bytes() if picture.is_file() else b"",
        name=folder.name,
    )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both predict the same part."""

    def relevant(config: dict[str, Any]) -> dict[str, Any]:
        kept = {group: values for group, values in config.items() if group not in IRRELEVANT}
        model = {key: value for key, value in kept.get("model", {}).items() if key != "servo_signals"}
        return {**kept, "model": model}

    return relevant(one) == relevant(other)
