"""The file of a calibration: what `twin calibrate` writes, and `twin run calibration=FILE` takes as overrides.

YAML; docs/calibration.md lists the keys. Parameters of which the recordings say next to nothing stay as they are in
the configuration: their prior is no finding.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

import twin
from twin.calibration.posterior import WITHIN_95, Direction, Estimate
from twin.config import build
from twin.errors import InputError
from twin.named import entry_at, with_values

FORMAT = 1
OF_MATERIAL = "material."


@dataclass(frozen=True, kw_only=True)
class Row:
    """One parameter; numbers in the unit of its name."""

    value: Any
    """Most probable."""
    lower_95: Any
    upper_95: Any
    prior: list[Any]
    """Median, lower and upper bound of 95 %."""
    variance_left: Any
    """Of the prior's variance, 0..1."""
    verdict: str
    """identified, partly, prior only"""


@dataclass(frozen=True, kw_only=True)
class RecordingUsed:
    """Where a finding comes from."""

    file: str
    sha256: str
    started: str
    source: str
    program_hash: str
    lag_cycles: int


@dataclass(frozen=True, kw_only=True)
class CalibrationFile:
    """What the file holds."""

    machining_twin_calibration: int
    made: str
    twin_version: str
    machine: str
    material: str
    recordings: list[RecordingUsed]
    misfit: dict[str, Any] = field(default_factory=dict)
    """Of each kind of reading: mean squared residual in units of its noise; 1 where the model says all."""
    parameters: dict[str, Row] = field(default_factory=dict)
    undetermined: list[str] = field(default_factory=list)
    """Combinations of parameters that the priors decide."""

    @property
    def values(self) -> dict[str, float | str]:
        """Name -> what the configuration gets: of a coefficient with its deviation."""
        return {name: _written(name, row) for name, row in self.parameters.items() if row.verdict != "prior only"}


def calibration_file(
    config: Mapping[str, Any],
    recordings: Sequence[RecordingUsed],
    found: Sequence[Estimate],
    misfit: Mapping[str, float],
    undetermined: Sequence[Direction],
) -> CalibrationFile:
    """The file of a calibration of the machine in ``config``."""
    rows = {
        e.name: Row(
            value=e.value,
            lower_95=e.lower,
            upper_95=e.upper,
            prior=list(e.prior),
            variance_left=e.variance_left,
            verdict=e.verdict,
        )
        for e in found
    }
    return CalibrationFile(
        machining_twin_calibration=FORMAT,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        twin_version=twin.__version__,
        machine=config["machine"]["name"],
        material=config["material"]["name"],
        recordings=list(recordings),
        misfit=dict(misfit),
        parameters=rows,
        undetermined=[str(direction) for direction in undetermined],
    )


def write_calibration(file: Path, calibration: CalibrationFile) -> None:
    """Write ``file``, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    temporary = file.with_name(f".{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(yaml.safe_dump(asdict(calibration), sort_keys=False, allow_unicode=True))
        temporary.replace(file)
    except OSError as error:
        raise InputError(f"the calibration cannot be written: {error.strerror}", file=file) from None


def read_calibration(file: Path) -> CalibrationFile:
    """The calibration in ``file``.

    Raises:
        InputError: there is none, it is no calibration, or of a newer twin.
    """
    try:
        values = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"no calibration can be read: {error}", file=file) from None
    if not isinstance(values, dict) or "machining_twin_calibration" not in values:
        raise InputError("this is no calibration", file=file, remedy="`twin calibrate RECORDING` makes one")
    if values["machining_twin_calibration"] != FORMAT:
        raise InputError(
            f"format {values['machining_twin_calibration']} of calibrations is not known", file=file, remedy="update"
        )
    return build(CalibrationFile, values, "", file=file)


def with_calibration(config: dict[str, Any], file: Path) -> dict[str, Any]:
    """``config`` with the calibrated values, and under ``calibration`` what was taken from where.

    Coefficients of another material than the configuration's are left out, and listed there.

    Raises:
        InputError: the calibration is of another machine, or names what the configuration has not.
    """
    calibration = read_calibration(file)
    if calibration.machine != config["machine"]["name"]:
        raise InputError(
            f"the calibration is of {calibration.machine}, the machine is {config['machine']['name']}",
            file=file,
            remedy="calibrate this machine",
        )
    alien = calibration.material != config["material"]["name"]
    left_out = [name for name in calibration.values if alien and name.startswith(OF_MATERIAL)]
    taken = {name: value for name, value in calibration.values.items() if name not in left_out}
    note = {
        "file": str(file),
        "sha256": sha256_of(file),
        "made": calibration.made,
        "before": {name: entry_at(config, name) for name in taken},
        "left_out": left_out,
    }
    return {**with_values(config, taken), "calibration": note}


def uncalibrated(config: dict[str, Any]) -> dict[str, Any]:
    """``config`` as it was before :func:`with_calibration`, if it was."""
    if "calibration" not in config:
        return config
    before = with_values(config, config["calibration"]["before"])
    return {key: value for key, value in before.items() if key != "calibration"}


def sha256_of(file: Path) -> str:
    """Fingerprint of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _written(name: str, row: Row) -> float | str:
    if not name.startswith(OF_MATERIAL):
        return float(row.value)
    return f"{row.value!r} ± {(row.upper_95 - row.lower_95) / (2 * WITHIN_95)!r}"
