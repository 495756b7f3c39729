"""What a run of the twin says about a part: its program, tools, machine, what is predicted, and by which twin."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.data import recording
from twin.errors import InputError
from twin.inspect_run import Inspected
from twin.production.history_chain import compact
from twin.production.history_event import Event, utc_us
from twin.result import Result, load
from twin.runs import RECORD
from twin.units import MM

PROGRAM = "program.nc"  # in a run folder
OF_THE_READING = "one standard deviation of the virtual measuring machine's reading; errors of the models are not in it"


@dataclass(frozen=True)
class PartName:
    """Which part."""

    number: str
    serial: str

    def event(self, time_us: int, kind: str, body: Mapping[str, Any]) -> Event:
        """An event about it."""
        return Event(time_us, kind, body, part=self.number, serial=self.serial)


@dataclass(frozen=True)
class ShopFacts:
    """What a run cannot know; a person says it."""

    tool_ids: Mapping[int, str] = field(default_factory=dict)
    """T word -> serial number of the tool that was really used."""
    machine: str = ""
    """Serial number or name of the machine; empty: as the scenario calls it."""
    compensation: Path | None = None
    """Table that was in force in the control; None: none."""
    blank: str = ""
    """Heat or batch number of the blank."""


def sha256_of(data: bytes | str) -> str:
    """Hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def check_facts(folder: Path, facts: ShopFacts) -> None:
    """Refuse facts that do not fit the run, before anything is worked out.

    Raises:
        InputError: a tool number that the run has not, a compensation that cannot be read.
    """
    known = sorted(int(number) for number in yaml.safe_load((folder / "config.yaml").read_text())["tools"])
    if unknown := set(facts.tool_ids) - set(known):
        raise InputError(
            f"the run has no tool {min(unknown)}", file=folder, remedy=f"it has {', '.join(map(str, known))}"
        )
    _compensation(facts.compensation)


def run_events(folder: Path, part: PartName, facts: ShopFacts, inspected: Inspected | None) -> list[Event]:
    """Events of a run about one part, at the time that the run was made.

    Args:
        inspected: the run on the virtual measuring machine; None: its scenario declares no features.

    Raises:
        InputError: no finished run.
    """
    result = load(folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    record = json.loads((folder / RECORD).read_text())
    when = utc_us(str(result.tree.attrs["created"]))
    scenario, machine = config["scenario"], config["machine"]
    program = _program(folder, scenario)
    calibration = [word for word in record.get("overrides", []) if word.startswith("calibration=")]
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("blank", {"title": scenario["title"], "material": config["material"]["name"], "batch": facts.blank}),
        (
            "program",
            {"name": Path(scenario["program"]).name, "sha256": sha256_of(program), "lines": len(program.splitlines())},
        ),
        ("tools", {"tools": _tools(config["tools"], result, facts)}),
        (
            "machine_state",
            {
                "machine": facts.machine or machine["name"],
                "model": machine["name"],
                "error_state": calibration[-1] if calibration else "as configured, not calibrated",
                "sha256": sha256_of(compact([machine, config["controller"]])),
            },
        ),
        ("compensation", _compensation(facts.compensation)),
        (
            "prediction",
            {
                "twin_version": str(result.tree.attrs["version"]),
                "run": folder.name,
                "parameters": config,
                "parameters_sha256": sha256_of(compact(config)),
                "program_sha256": sha256_of(program),
                "duration_s": float(result.tree.attrs["duration_s"]),
                "uncertainty_is": OF_THE_READING,
                "characteristics": [] if inspected is None else _predicted(inspected),
            },
        ),
    ]
    return [part.event(when, kind, body) for kind, body in bodies]


def _program(folder: Path, scenario: Mapping[str, Any]) -> str:
    """The NC program that the run read."""
    named = str(scenario["program"])
    places = [folder / PROGRAM, recording(named.removeprefix("data:")) if named.startswith("data:") else Path(named)]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise InputError(
            f"the program {named} is not there", file=folder, remedy="run it again: a run keeps its program"
        )
    return file.read_text()


def _tools(tools: Mapping[str, Any], result: Result, facts: ShopFacts) -> list[dict[str, Any]]:
    known = {int(number): tool for number, tool in tools.items()}
    segments = result["segments"]
    used, wear = segments["tool"].values, segments["wear_um"].values if "wear_um" in segments else None
    rows = []
    for number, tool in sorted(known.items()):
        worn = np.array([]) if wear is None else wear[(used == number) & np.isfinite(wear)]
        rows.append(
            {
                "number": number,
                "name": tool["name"],
                "serial": facts.tool_ids.get(number),
                "diameter_mm": tool["diameter_mm"],
                "used": bool((used == number).any()),
                "wear_um": float(worn.max()) if worn.size and worn.max() > 0 else None,
            }
        )
    return rows


def _compensation(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {"in_force": False}
    try:
        return {"in_force": True, "name": file.name, "sha256": sha256_of(file.read_bytes())}
    except OSError as error:
        raise InputError(f"cannot read the compensation: {error.strerror}", file=file) from None


def _predicted(inspected: Inspected) -> list[dict[str, Any]]:
    reading = inspected.reading
    return [
        {
            "feature": callout.feature,
            "characteristic": callout.label,
            "unit": "mm",
            "nominal": _rounded(reading.nominal[k]),
            "value": _rounded(reading.value[k]),
            "standard_uncertainty": _rounded(reading.monte_carlo[k]),
        }
        for k, callout in enumerate(reading.callout)
    ]


def _rounded(length: float) -> float | None:
    """[mm], to a nanometre; None where there is no number, which JSON has not."""
    return round(float(length) / MM, 6) if np.isfinite(length) else None
