"""Hydra composition of conf/ into plain data, with errors a user can act on."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverrideParseException
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from twin.errors import InputError, nearest
from twin.resources import shared_folder
from twin.units import split_suffix

CALIBRATION = "calibration="  # not Hydra's: a file of `twin calibrate`
SCENARIO = "scenario="
ROW = re.compile(r"Index '([^']*)' \(str\) is not an int")
TOOL = re.compile(r"tools\.\d+")
MISSING_OPTION = re.compile(r"Could not find '([\w@]+)/([^']+)'")


@dataclass(frozen=True)
class Layer:
    """One file of a composition."""

    file: Path
    package: str
    """Dotted key under which its content stands; empty: at the top."""


def compose(overrides: Sequence[str] = (), *, conf: Path | None = None) -> dict[str, Any]:
    """Return the composed configuration as plain nested data.

    Args:
        overrides: Hydra overrides, ``scenario=nist_plate`` or ``tools.5.stick_out_mm=12``; ``scenario=FILE.yaml`` of
            one's own; and ``calibration=FILE``, whose values come last.
        conf: a folder of further groups (own scenarios, tools, machines), searched before the project's.

    Raises:
        InputError: unknown group, option or key, a malformed override, or a file that is no YAML.
    """
    files = [override.removeprefix(CALIBRATION) for override in overrides if override.startswith(CALIBRATION)]
    with _hydra(overrides, conf) as words:
        composed = hydra_compose("config", overrides=words)
        plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    assert isinstance(plain, dict)
    config = {str(key): value for key, value in plain.items()}
    if not files:
        return config
    from twin.calibration.file import with_calibration  # loads JAX

    return with_calibration(config, Path(files[-1]))


def layers(overrides: Sequence[str] = (), *, conf: Path | None = None) -> list[Layer]:
    """The files that :func:`compose` merges, the later over the earlier.

    Raises:
        InputError: as :func:`compose`.
    """
    own = own_scenario(overrides, conf)
    found = []
    with _hydra(overrides, conf) as words:
        loader = GlobalHydra.instance().config_loader()
        for part in loader.compute_defaults_list("config", words, RunMode.RUN).defaults:
            path, package = part.config_path or "", part.package or ""
            if path.startswith("hydra/") or package.startswith("hydra"):
                continue
            folders = [*([conf] if conf else []), shared_folder("conf")]
            candidates = [folder / f"{path}.yaml" for folder in folders]
            if own is not None and path == f"scenario/{_own_name(own)}":
                candidates = [own]
            found += [Layer(file, package) for file in candidates if file.is_file()][:1]
    return found


def groups(conf: Path | None = None) -> dict[str, list[str]]:
    """Options of every configuration group, by group name."""
    found: dict[str, set[str]] = {}
    for folder in [shared_folder("conf"), *([conf] if conf else [])]:
        for file in folder.glob("*/*.yaml"):
            found.setdefault(file.parent.name, set()).add(file.stem)
    return {group: sorted(options) for group, options in sorted(found.items())}


def own_scenario(overrides: Sequence[str], conf: Path | None = None) -> Path | None:
    """The file that ``scenario=`` names, where it is no option of the group: FILE.yaml, or FILE without its ending.

    Raises:
        InputError: there is no such file.
    """
    named = [override.removeprefix(SCENARIO) for override in overrides if override.startswith(SCENARIO)]
    if not named or named[-1] in groups(conf).get("scenario", ()):
        return None
    name = Path(named[-1]).expanduser()
    if name.suffix in (".yaml", ".yml"):
        if not name.is_file():
            beside = {file.name: file for file in name.parent.glob("*.y*ml")}
            hint = nearest(name.name, beside)
            raise InputError("there is no such scenario", file=name, remedy=f"{hint}`twin new PROGRAM.nc` makes one")
        return name.resolve()
    completed = name.with_name(f"{name.name}.yaml") if name.name else name
    return completed.resolve() if completed.is_file() else None


@contextmanager
def _hydra(overrides: Sequence[str], conf: Path | None) -> Iterator[list[str]]:
    """Hydra over conf/ and ``conf``; yields the overrides in its words, and turns its errors into the user's terms."""
    overrides = [override for override in overrides if not override.startswith(CALIBRATION)]
    own = own_scenario(overrides, conf)
    if own is not None:
        _store(own)
    words = [f"hydra.searchpath=[file://{conf.resolve()}]"] if conf else []
    for override in overrides:
        if own is not None and override.startswith(SCENARIO):
            words.append(f"{SCENARIO}{_own_name(own)}")
            continue
        _check_option(override, conf)
        name, _, value = override.lstrip("+").partition("=")
        words.append(f"~{name}" if value == "null" and name in groups(conf) else override)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(shared_folder("conf")), version_base="1.3"):
            yield words
    except (HydraException, OmegaConfBaseException, ValueError, yaml.YAMLError) as error:
        if isinstance(error, InputError):
            raise
        raise _readable(error, overrides, conf) from None
    except TypeError as error:
        row = ROW.search(str(error))
        named = [override.partition("=")[0] for override in overrides]
        key = next((name for name in named if row and row[1] in name.split(".")), None)
        if row is None or key is None:
            raise
        rows, _, value = key.partition(f".{row[1]}.")
        raise InputError(
            f"{rows} is a list of rows, and '{row[1]}' is no number of one",
            remedy=f"they are counted from 0, as {rows}.0.{value}; `twin explain {rows}` tells of them",
            key=key,
        ) from None


def _own_name(file: Path) -> str:
    """What an own scenario's file is called within Hydra."""
    return f"own_{re.sub(r'[^0-9A-Za-z_]', '_', file.stem)}_{sha256(str(file).encode()).hexdigest()[:8]}"


def _store(file: Path) -> None:
    """Make an own scenario's file an option of the group."""
    try:
        content = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _no_yaml(error, file) from None
    if not isinstance(content, dict) or not isinstance(content.get("scenario"), dict):
        raise InputError("the file has no 'scenario:'", file=file, remedy="`twin new PROGRAM.nc` makes one that has")
    content["scenario"].setdefault("folder", str(file.parent))
    ConfigStore.instance().store(name=_own_name(file), node=content, group="scenario", package="_global_")


def _no_yaml(error: Exception, file: object = None) -> InputError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return InputError(
        f"the file is no YAML: {problem}",
        file=file or getattr(mark, "name", None),
        line=mark.line + 1 if mark else None,
        remedy="keys and values are written `key: value`, indented by blanks",
    )


def _check_option(override: str, conf: Path | None) -> None:
    """Raise InputError where a group is to be an option that it lacks; Hydra passes over that where it is optional."""
    name, _, value = override.lstrip("+").partition("=")
    group, at, package = name.partition("@")
    known = groups(conf).get(group.strip("/"))
    if known and value not in (*known, "null") and "," not in value:
        raise InputError(
            f"there is no {group} '{value}'{f' for {package}' if at else ''}",
            remedy=f"{nearest(value, known)}known: {', '.join(known)}",
        )


def _readable(error: Exception, overrides: Sequence[str], conf: Path | None) -> InputError:
    """The error in the user's terms: which override, what is known instead."""
    if isinstance(error, yaml.YAMLError):
        return _no_yaml(error)
    text = str(error).strip().splitlines()[0]
    if isinstance(error, OverrideParseException):
        return _no_override(error.override, text, conf)
    missing = MISSING_OPTION.search(text)
    if missing and missing[1] in groups(conf):
        known = groups(conf)[missing[1]]
        return InputError(
            f"there is no {missing[1]} '{missing[2]}': {text}",
            remedy=f"{nearest(missing[2], known)}known: {', '.join(known)}",
        )
    for override in sorted(overrides, key=len, reverse=True):  # the most specific one that the message names
        name = override.partition("=")[0].lstrip("+~")
        if name in text or override in text:
            known = [*_known_keys(overrides, override, conf), *groups(conf)]
            said = f"there is no key {name}" if "Could not override" in text else f"'{override}' does not fit: {text}"
            tool = TOOL.match(name)
            others = [o for o in overrides if o != override]
            hint = nearest(name, known) or _by_words(name, others, conf)
            if tool and tool[0] not in known:
                has = ", ".join(key for key in known if TOOL.fullmatch(key))
                said, hint = f"the scenario has no {tool[0]}", f"it has {has}; "
            elif "Could not override" in text and _left_out(name, others, conf):
                return InputError(f"nobody has set {name} yet", remedy=f"write +{override}", key=name)
            return InputError(
                said, remedy=f"{hint}`twin show` lists every key, `twin explain KEY` tells of one", key=name
            )
    return InputError(f"the configuration does not compose: {text}", remedy="`twin show` lists every key")


def _by_words(name: str, overrides: Sequence[str], conf: Path | None) -> str:
    """``did you mean KEY? ``: the key that `twin explain` finds by the words of ``name``, its unit aside."""
    from twin.explain import desk, explain  # it needs this module

    with suppress(InputError):
        stem = (split_suffix(name) or (name,))[0]
        return f"did you mean {explain(stem, desk(overrides, conf=conf)).key}? "
    return ""


def _left_out(key: str, overrides: Sequence[str], conf: Path | None) -> bool:
    """Whether there is such a key and the configuration does not hold it."""
    from twin.explain import desk, left_out  # it needs this module

    with suppress(InputError):
        return left_out(key, desk(overrides, conf=conf)) is not None
    return False


def _no_override(word: str, text: str, conf: Path | None) -> InputError:
    """A word that is no ``key=value``: what it may have been meant to be."""
    file = Path(word)
    if "=" in word:
        return InputError(f"'{word}' cannot be read: {text}", remedy="write key=value, in quotes for the shell")
    if file.suffix in (".yaml", ".yml") or file.stem in groups(conf).get("scenario", ()):
        return InputError(f"'{word}' says nothing by itself", remedy=f"write scenario={word}")
    if file.is_file():
        return InputError(f"'{word}' is no scenario", remedy=f"`twin new {word}` makes one, if it is an NC program")
    return InputError(f"'{word}' says nothing by itself", remedy="write key=value, as scenario=rib_panel_7075")


def _known_keys(overrides: Sequence[str], bad: str, conf: Path | None) -> list[str]:
    """Dotted keys of the configuration without the override that failed."""
    try:
        composed = compose([o for o in overrides if o != bad], conf=conf)
    except InputError:
        return []
    keys: list[str] = []

    def walk(node: Any, prefix: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else ():
            keys.append(f"{prefix}{key}")
            walk(value, f"{prefix}{key}.")

    walk(composed, "")
    return keys
