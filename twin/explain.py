"""What there is to say of one key or group of the configuration: schema, value, where it is set, from which source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from twin.compose import Layer, compose, groups, layers
from twin.config import schema_fields
from twin.errors import InputError, nearest
from twin.origin import Origin, heading, origin_in, origins
from twin.place import Place, place_of, split_name
from twin.resources import shared_folder
from twin.schema import NOT_GIVEN, Meaning, key_of, meaning_of

SCHEMAS = {  # top key or group, of some by its kind -> its schema, loaded when it is asked for
    "scenario": "twin.scenario:PartConfig",
    "model": "twin.scenario:ModelConfig",
    "machine": "twin.machine.machine:Machine",
    "controller": "twin.motion.controller:Controller",
    "material": "twin.cutting.material:Material",
    "tool_material": "twin.cutting.heat.table:ToolMaterial",
    "flow_stress": "twin.cutting.heat.table:FlowStressTable",
    "wear": "twin.cutting.wear.table:WearTable",
    "structure": "twin.thermal.finite_volume.structure:Structure",
    "residual_stress": "twin.workpiece.residual_stress:ResidualStress",
    "environment": "twin.thermal.environment:Environment",
    "process": "twin.override:ProcessConfig",
    "sweep": "twin.sweep.settings:SweepConfig",
    "tool": "twin.machine.tool:Tool",
    "cmm": "twin.inspection.cmm:Cmm",
    "advice": "twin.advice.limits:Advice",
    "compensation": "twin.compensation.settings:CompensationSettings",
    "component": "twin.production.component_life.components:Components",
    "robustness": "twin.sweep.robust_job:RobustnessConfig",
    "optimisation": "twin.sweep.search_settings:SearchConfig",
    "economics": "twin.production.cost.economics:Economics",
    "tolerance": "twin.production.cost.quote:GeneralTolerance",
    "line": "twin.production.line.config:Line",
    "shop": "twin.production.shop.settings:Shop",
    "batch": "twin.production.batch.settings:Batch",
}


@dataclass(frozen=True)
class Explanation:
    """One key, or one group of options."""

    key: str
    doc: str
    meaning: Meaning | None = None
    """None: the schema knows nothing of it; its file's comments speak."""
    value: Any = NOT_GIVEN
    """As composed, in the unit of the key; NOT_GIVEN: the configuration leaves it out."""
    origins: tuple[Origin, ...] = ()
    """Where it is set; the last one is in force."""
    source: str = ""
    """What the data file states as the source of the number."""
    children: tuple["Explanation", ...] = ()
    in_force: "Explanation | None" = None
    """Of rows of which one is chosen: that one."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Of a group: name and the first words of its file."""
    instead_of: str = ""
    """What was asked for, where this is only the nearest to it."""


@dataclass(frozen=True)
class Desk:
    """A composed configuration, and how it was composed."""

    config: Mapping[str, Any]
    overrides: tuple[str, ...]
    conf: Path | None
    schemas: Mapping[str, str]
    layers: tuple[Layer, ...]
    """Files that were merged."""

    def meaning(self, key: str) -> Meaning | None:
        """What the schema says of a key; None where it says nothing."""
        top, _, rest = key.partition(".")
        schema = schema_of(top, self.config.get(top), self.schemas)
        try:
            return None if schema is None else meaning_of(schema, rest)
        except InputError:
            return None


def desk(overrides: Sequence[str] = (), *, conf: Path | None = None, schemas: Mapping[str, str] = SCHEMAS) -> Desk:
    """Compose what is to be explained.

    Raises:
        InputError: as :func:`twin.compose.compose`.
    """
    config = compose(overrides, conf=conf)
    return Desk(config, tuple(overrides), conf, schemas, tuple(layers(overrides, conf=conf)))


def explain(key: str, at: Desk) -> Explanation:
    """Everything known of ``key``: a dotted key, a group, GROUP.OPTION, or words that a key is found by.

    Raises:
        InputError: nothing is like it; the message names what is nearest.
    """
    options = groups(at.conf)
    top, _, rest = key.partition(".")
    if key in options and not at.config.get(key):
        return _group(key, at)
    if rest in options.get(top, ()):
        return _option(top, rest, at.conf)
    found = _composed(key, at) or left_out(key, at) or _of_other_group(key, at) or _by_words(key, at)
    if found is not None:
        return found
    known = [place.path for place in Place(at.config).all_below()]
    hint = nearest(key, [*known, *options, *{_last(path) for path in known}])
    every = ", ".join(sorted({*at.config, *options}))
    raise InputError(f"nothing is called '{key}'", remedy=f"{hint}groups: {every}")


def schema_of(top: str, config: Any, schemas: Mapping[str, str]) -> Any:
    """Annotation of a top key; None: there is no schema."""
    if top == "tools":
        return dict[int, schema_of("tool", config, schemas)]  # type: ignore[misc]
    kind = config.get("kind") if isinstance(config, Mapping) else None
    place = schemas.get(f"{top}.{kind}") or schemas.get(top)
    if place is None:
        return None
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def option_file(group: str, option: str, conf: Path | None = None) -> Path:
    """The file of one option of a group."""
    folders = [*([conf] if conf else []), shared_folder("conf")]
    return next(file for folder in folders if (file := folder / group / f"{option}.yaml").is_file())


def _composed(key: str, at: Desk) -> Explanation | None:
    """A key that has a value."""
    place = place_of(at.config, key)
    if place is None:
        return None
    found = _of_place(place, at)
    meaning = found.meaning
    below = [_of_place(step, at, brief=True) for step in place.below()]
    if meaning is not None and meaning.schema is not None and isinstance(place.value, Mapping):
        given = {name for step in place.below() for name in step.names}
        below += [other for other in _fields(meaning.schema, place.path) if split_name(_last(other.key)) not in given]
    options = _options(place.path, at.conf) if place.path in groups(at.conf) else {}
    in_force = _composed(f"{place.path}.chosen", at) if place.has_entries and place.chosen else None
    return replace(found, children=tuple(below), in_force=in_force, options=options)


def _of_place(place: Place, at: Desk, brief: bool = False) -> Explanation:
    """What is set; in brief without where."""
    meaning = at.meaning(place.path)
    doc = meaning.doc if meaning is not None else ""
    if brief and place.path.endswith("]"):
        doc = str(place.value.get("source", doc))  # what tells rows from each other
    doc = doc or _said(place.numbered, at)
    found = () if brief else tuple(origins(place.numbered, at.layers, at.overrides))
    return Explanation(place.path, doc, meaning, place.value, found, place.source)


def _said(numbered: str, at: Desk) -> str:
    """What the files say of a key that no schema knows: beside it, or beside what it belongs to."""
    while numbered:
        for origin in reversed(origins(numbered, at.layers, at.overrides)):
            if origin.comment:
                return origin.comment
        numbered = numbered.rpartition(".")[0]
    return ""


def left_out(key: str, at: Desk) -> Explanation | None:
    """A key that the schema knows and nobody sets."""
    meaning = at.meaning(key)
    if meaning is None or not meaning.owner or not at.config.get(key.partition(".")[0]):
        return None
    above = key.rpartition(".")[0]
    return Explanation(f"{above}.{key_of(split_name(_last(key)), meaning.hint)}", meaning.doc, meaning)


def _of_other_group(key: str, at: Desk) -> Explanation | None:
    """A key of a group of which nothing is composed, as the group's first option has it."""
    group, _, rest = key.partition(".")
    options = groups(at.conf).get(group)
    if not options or not rest or at.config.get(group):
        return None
    file = option_file(group, "standard" if "standard" in options else options[0], at.conf)
    other = replace(at, config={group: yaml.safe_load(file.read_text()) or {}})
    place = place_of(other.config, key)
    if place is None:
        meaning = other.meaning(key)
        return None if meaning is None else Explanation(key, meaning.doc, meaning)
    origin = origin_in(Layer(file, group), place.numbered)
    meaning = other.meaning(key)
    doc = (meaning.doc if meaning is not None else "") or (origin.comment if origin is not None else "")
    below = tuple(_of_place(step, other, brief=True) for step in place.below())
    return Explanation(place.path, doc, meaning, place.value, (origin,) if origin else (), place.source, below)


def _group(group: str, at: Desk) -> Explanation:
    """A group of which nothing is composed."""
    schema = schema_of(group, None, at.schemas)
    if schema is None:
        return Explanation(group, f"Options of conf/{group}.", options=_options(group, at.conf))
    meaning = meaning_of(schema, "")
    return Explanation(
        group, meaning.doc, meaning, children=tuple(_fields(schema, group)), options=_options(group, at.conf)
    )


def _option(group: str, option: str, conf: Path | None) -> Explanation:
    """One file of a group."""
    file = option_file(group, option, conf)
    values = yaml.safe_load(file.read_text()) or {}
    below = tuple(Explanation(f"{group}.{name}", "", value=value) for name, value in values.items())
    return Explanation(f"{group}={option}", heading(file), origins=(Origin(file, 1, "", ""),), children=below)


def _options(group: str, conf: Path | None) -> dict[str, str]:
    return {name: heading(option_file(group, name, conf)) for name in groups(conf)[group]}


def _fields(schema: type, path: str) -> Iterator[Explanation]:
    """The keys that a schema knows."""
    for name in schema_fields(schema)[0]:
        known = meaning_of(schema, name)
        yield Explanation(f"{path}.{key_of(name, known.hint)}", known.doc, known)


def _by_words(key: str, at: Desk) -> Explanation | None:
    """The key whose path and meaning hold every word of ``key``; of the best the shortest."""
    words = [word for word in re.split(r"[^a-z0-9]+", key.lower()) if word]
    best: list[tuple[int, int, str]] = []
    for place in Place(at.config).all_below():
        meaning = at.meaning(place.path)
        path = f"{place.path} {place.path.replace('_', '')}".lower()
        doc = meaning.doc.lower() if meaning is not None else ""
        if words and all(word in path or word in doc for word in words):
            best.append((-sum(word in path for word in words), len(path), place.path))
    found = _composed(min(best)[2], at) if best else None
    return None if found is None else replace(found, instead_of=key)


def _last(key: str) -> str:
    return key.rpartition(".")[2]
