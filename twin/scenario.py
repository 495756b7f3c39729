"""What is machined: part, stock, tools, machine, controller, material and environment, read and checked."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml

from twin.compose import compose, layers
from twin.config import POSITIVE, T, build
from twin.cutting.form import DeclaredWall
from twin.cutting.heat.table import ToolMaterial
from twin.cutting.material import Material
from twin.cutting.wear.table import WearTable
from twin.data import recording
from twin.errors import InputError
from twin.formats.mesh import check_size, read_mesh
from twin.inspection.features import Feature, read_features
from twin.inspection.tolerance import ToleranceRow
from twin.machine.machine import Machine
from twin.machine.tool import Tool
from twin.motion.controller import Controller
from twin.origin import placed
from twin.override import ProcessConfig
from twin.resources import shared_folder
from twin.stock.removal import RemovalSettings
from twin.stock.workpiece import Stock
from twin.thermal.environment import Environment
from twin.thermal.finite_volume.structure import Structure
from twin.units import Angle, Length, Time
from twin.workpiece.residual_stress import ResidualStress

Point = tuple[Length, Length, Length]


@dataclass(frozen=True, kw_only=True)
class SolidConfig:
    """A block, a round bar, a mesh file, or the part of a finished run (a second setup)."""

    kind: Literal["box", "cylinder", "mesh", "run", "envelope"]
    """``envelope`` (target only): what the path itself leaves."""
    lower: Point | None = None
    """box: lower corner, part frame."""
    upper: Point | None = None
    """box: upper corner."""
    base: Point | None = None
    """cylinder: centre of its lower end; its axis is Z."""
    radius: Length | None = None
    """cylinder: radius."""
    length: Length | None = None
    """cylinder: length."""
    file: str | None = None
    """mesh: STL, PLY, OBJ or VTP in mm, beside the scenario; run: the run folder."""
    rotate: tuple[Angle, Angle, Angle] = (0.0, 0.0, 0.0)
    """mesh, run: turn about fixed X, then Y, then Z ..."""
    shift: Point = (0.0, 0.0, 0.0)
    """... then shift, into the part frame of this setup."""


@dataclass(frozen=True, kw_only=True)
class WorkOffset:
    """Origin of a work coordinate system in machine axes."""

    x: Length = 0.0
    """Along machine X."""
    y: Length = 0.0
    """Along machine Y."""
    z: Length = 0.0
    """Along machine Z."""
    a: Angle = 0.0
    """About machine X."""
    b: Angle = 0.0
    """About machine Y."""
    c: Angle = 0.0
    """About machine Z."""


@dataclass(frozen=True, kw_only=True)
class PartConfig:
    """conf/scenario: the part and its program."""

    name: str
    """Folder in scenarios/."""
    title: str
    """One line for tables and pictures."""
    folder: str | None = None
    """Where the scenario's files lie, if not in scenarios/NAME: of a scenario of one's own, where its YAML file is."""
    program: str
    """NC file beside the scenario (may be gzipped), an own path, or ``data:FOLDER/FILE`` of a recording."""
    work_offsets: dict[str, WorkOffset] = field(default_factory=dict)
    """G54 to G59.3."""
    part_zero: Point = (0.0, 0.0, 0.0)
    """Origin of the part frame, in the machine axes that the program runs in."""
    machine_position: Point = (0.0, 0.0, 0.0)
    """Where that origin sits in the machine's work volume: the geometric errors depend on it."""
    home: Point = (0.0, 0.0, 0.15)
    """Where the program starts and G28 goes, in the machine axes that the program runs in."""
    stock: SolidConfig
    """Material before the first cut, part frame."""
    target: SolidConfig = SolidConfig(kind="envelope")
    """The part that should come out."""
    fixtures: tuple[SolidConfig, ...] = ()
    """Clamps and fixtures that nothing may touch."""
    clamping: Literal["flat", "free"] = "flat"
    """Whether clamps keep the plate flat while it is cut, or hold its middle and let heat bend it."""
    features: str | None = None
    """File of inspected features beside the scenario."""
    tolerances: str | None = None
    """File of their tolerances, rows as in conf/robustness; what it leaves open is judged by those."""
    thin_walls: str | None = None
    """File of walls that bend under the tool, beside the scenario."""
    plate: int | None = None
    """nist_plate: which of the plates."""
    guessed: dict[str, str] = field(default_factory=dict)
    """What nobody stated and `twin new` guessed, each with its ground; reports list it."""
    expected: dict[str, float] = field(default_factory=dict)
    """Numbers that tests compare with; the run does not read them."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """conf/model: how it is computed."""

    removal: RemovalSettings
    """Resolution of the part and of its provenance."""
    chord_tolerance: Annotated[Length, POSITIVE]
    """Arcs become chords within this."""
    segment_length: Annotated[Length, POSITIVE]
    """Longer moves are split: engagement is found once a segment."""
    mesh_spacing: Annotated[Length, POSITIVE]
    """Facets of part.stl and part.vtp, at least the resolution of the removal."""
    wall_error: Literal["static", "dynamic"]
    """Deflection that walls inherit: of the tool under its load, or, of stable cuts, of the vibrating tool."""
    heat_partition: Literal["material", "computed"]
    """Part of the cutting power that heats the part: one number of the material, or from the shear plane's heat."""
    thermal_step: Annotated[Time, POSITIVE]
    """Step of the heat model."""
    servo_signals: bool
    """Write signals.parquet at the servo rate."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything one run needs; SI units."""

    part: PartConfig
    program_file: str
    program_text: str
    tools: dict[int, Tool]
    machine: Machine
    controller: Controller
    material: Material
    tool_material: ToolMaterial
    wear: WearTable | None
    structure: Structure | None  # None: the lumped network of the machine says how it drifts
    residual_stress: ResidualStress | None  # None: what its release does to the part is not modelled
    environment: Environment
    process: ProcessConfig  # override switches
    stock: Stock
    target: Stock | None
    fixtures: tuple[Stock, ...]
    features: tuple[Feature, ...]
    tolerances: tuple[ToleranceRow, ...]  # of the features; the first row that fits decides
    thin_walls: tuple[DeclaredWall, ...]
    model: ModelConfig
    config: dict[str, Any]  # as composed, with units in the keys


def load_scenario(*overrides: str, conf: Path | None = None) -> Scenario:
    """The scenario that the overrides compose: ``load_scenario("scenario=nist_plate", "scenario.plate=2")``.

    Args:
        overrides: as on the command line.
        conf: folder of further groups; its scenarios lie in ``conf/../scenarios``.

    Raises:
        InputError: whatever is wrong in configuration, program or files.
    """
    config = compose(overrides, conf=conf)
    try:
        return scenario_of(config, conf=conf)
    except InputError as error:
        raise placed(error, layers(overrides, conf=conf), overrides) from None


def scenario_of(config: dict[str, Any], *, conf: Path | None = None) -> Scenario:
    """The scenario of a composed configuration; ``conf`` and errors as of :func:`load_scenario`."""
    part = build(PartConfig, _section(config, "scenario"), "scenario")
    own = conf.resolve().parent / "scenarios" / part.name if conf else None
    if own is not None and own.is_dir() and not part.folder:  # so that whoever reads the run finds its files again
        config = {**config, "scenario": {**config["scenario"], "folder": str(own)}}
        part = replace(part, folder=str(own))
    folders = [*([Path(part.folder)] if part.folder else []), shared_folder("scenarios") / part.name]
    program_file = _find(part.program, folders)
    stock = solid_of(part.stock, "scenario.stock", folders)
    features: tuple[Feature, ...] = ()
    if part.features:
        file = _find(part.features, folders)
        features = read_features(yaml.safe_load(file.read_text()), file=file)
    return Scenario(
        part=part,
        program_file=part.program if part.program.startswith("data:") else str(program_file),
        program_text=_text(program_file),
        tools={
            int(number): build(Tool, {"number": int(number), **values}, f"tools.{number}")
            for number, values in _section(config, "tools").items()
        },
        machine=build(Machine, _section(config, "machine"), "machine"),
        controller=build(Controller, _section(config, "controller"), "controller"),
        material=build(Material, _section(config, "material"), "material"),
        tool_material=build(ToolMaterial, _section(config, "tool_material"), "tool_material"),
        wear=build(WearTable, config["wear"], "wear") if config.get("wear") else None,
        structure=build(Structure, config["structure"], "structure") if config.get("structure") else None,
        residual_stress=_residual_stress(config, part, stock),
        environment=build(Environment, _section(config, "environment"), "environment"),
        process=build(ProcessConfig, _section(config, "process"), "process"),
        stock=stock,
        target=None if part.target.kind == "envelope" else solid_of(part.target, "scenario.target", folders, stock),
        fixtures=tuple(solid_of(s, f"scenario.fixtures[{i}]", folders) for i, s in enumerate(part.fixtures)),
        features=features,
        tolerances=_rows(ToleranceRow, part.tolerances, folders),
        thin_walls=_rows(DeclaredWall, part.thin_walls, folders),
        model=build(ModelConfig, _section(config, "model"), "model"),
        config=config,
    )


def _rows(schema: type[T], name: str | None, folders: list[Path]) -> tuple[T, ...]:
    """The rows of a file beside the scenario; none without a name."""
    if name is None:
        return ()
    file = _find(name, folders)
    rows = yaml.safe_load(file.read_text()) or []
    return tuple(build(schema, row, f"[{number}]", file=file) for number, row in enumerate(rows))


def _residual_stress(config: Mapping[str, Any], part: PartConfig, stock: Stock) -> ResidualStress | None:
    """The declared profile of the stock's plate, if there is one."""
    if not config.get("residual_stress"):
        return None
    stress = build(ResidualStress, config["residual_stress"], "residual_stress")
    if part.stock.kind != "box":
        raise InputError(
            f"residual stress is declared for a stock of kind {part.stock.kind}",
            remedy="a profile belongs to a plate: a stock of kind box, or residual_stress=null",
        )
    stress.check_plate(float(np.ptp(stock.bounds, axis=0)[2]))
    return stress


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not config.get(name):
        raise InputError(
            f"the configuration has no '{name}'", remedy=f"choose one: {name}=NAME (`twin show` lists them)"
        )
    return config[name]


def _find(name: str, folders: list[Path]) -> Path:
    """The file that ``name`` means: of a recording, beside the scenario, or a path of its own."""
    if name.startswith("data:"):
        return recording(name.removeprefix("data:"))
    for candidate in [*(folder / name for folder in folders), Path(name)]:
        if candidate.is_file():
            return candidate
    raise InputError(
        f"there is no file '{name}'", file=folders[0], remedy="name a file beside the scenario, or a full path"
    )


def _text(file: Path) -> str:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8", errors="replace")


def solid_of(solid: SolidConfig, where: str, folders: list[Path], expected: Stock | None = None) -> Stock:
    """The solid that a configuration describes; a mesh must be about as large as ``expected``."""
    needs = {"box": ("lower", "upper"), "cylinder": ("base", "radius", "length"), "mesh": ("file",), "run": ("file",)}
    missing = [name for name in needs.get(solid.kind, ()) if getattr(solid, name) is None]
    if solid.kind not in needs or missing:
        lack = f"lacks {', '.join(missing)}" if missing else "cannot be an envelope"
        raise InputError(f"{where} of kind {solid.kind} {lack}", remedy="see scenarios/README.md")
    if solid.kind == "box":
        return Stock.box(solid.lower, solid.upper)
    if solid.kind == "cylinder":
        assert solid.radius is not None and solid.length is not None
        return Stock.cylinder(solid.base, solid.radius, solid.length)
    assert solid.file is not None
    file = _find(str(Path(solid.file) / "part.stl") if solid.kind == "run" else solid.file, folders)
    vertices, faces = read_mesh(file)
    if expected is not None:
        check_size(vertices, np.ptp(expected.bounds, axis=0), file, "the stock")
    return Stock.from_mesh(vertices, faces, file=file).transformed(_pose(solid.rotate, solid.shift))


def _pose(rotate: tuple[float, float, float], shift: tuple[float, float, float]) -> np.ndarray:
    """Rigid motion (4, 4): about fixed X, Y, Z in turn, then the shift."""
    pose = np.eye(4)
    for angle, (i, j) in zip(rotate, ((1, 2), (2, 0), (0, 1)), strict=True):
        turn = np.eye(4)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[j, i] = np.sin(angle)
        turn[i, j] = -turn[j, i]
        pose = turn @ pose
    pose[:3, 3] = shift
    return pose
