"""Groups that a command reads by itself (line, shop, economics, batch, robustness): a file, and changes to it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from twin.config import T, build
from twin.errors import InputError
from twin.resources import shared_folder
from twin.units import Uncertain


def read_settings(schema: type[T], group: str, option: str, changes: Sequence[str] = (), conf: Path | None = None) -> T:
    """The option ``conf/GROUP/OPTION.yaml``, or the file ``option``, as checked SI values.

    Args:
        changes: ``key.key=value``, as on the command line.
        conf: a folder of own groups, searched first.

    Raises:
        InputError: no such option, a file that is no YAML, an unknown key, a wrong unit.
    """
    file = _file(group, option, conf)
    written = read_yaml(file)
    try:
        plain = OmegaConf.merge(OmegaConf.create(written), OmegaConf.from_dotlist(list(changes)))
        values = OmegaConf.to_container(plain, resolve=True)
    except (OmegaConfBaseException, ValueError) as error:
        raise InputError(f"changes {', '.join(changes)}: {str(error).splitlines()[0]}", file=file) from None
    assert isinstance(values, Mapping)
    return build(schema, {str(k): v for k, v in values.items()}, group, file=file)


def read_yaml(file: Path) -> dict[str, Any]:
    """Keys and values of a YAML file.

    Raises:
        InputError: it cannot be read, is no YAML (with the line), or holds something else.
    """
    try:
        values = yaml.safe_load(file.read_text()) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {getattr(error, 'strerror', None) or error}", file=file) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(f"no YAML: {what}", file=file, line=mark.line + 1 if mark else None) from None
    if not isinstance(values, dict):
        raise InputError("not a mapping of keys to values", file=file)
    return {str(key): value for key, value in values.items()}


def check_amounts(settings: Any, group: str) -> None:
    """Refuse a number below zero, or none at all, anywhere in settings that hold amounts: times, money, shares, counts.

    Raises:
        InputError: names the key as the program knows it, and the value.
    """
    if isinstance(settings, bool):
        return
    if isinstance(settings, int | float):
        if not settings >= 0:
            raise InputError(f"{group} is {settings:g}", remedy="a number from zero on; shown in SI units")
    elif is_dataclass(settings):
        for field in fields(settings):
            check_amounts(getattr(settings, field.name), f"{group}.{field.name}")
    elif isinstance(settings, Mapping):
        for name, value in settings.items():
            check_amounts(value, f"{group}.{name}")
    elif isinstance(settings, tuple):
        for k, value in enumerate(settings):
            check_amounts(value, group if isinstance(settings, Uncertain) else f"{group}[{k}]")


def split_words(words: Sequence[str], groups: Sequence[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """Command-line words as (group -> chosen option, other key=value words, words without an equals sign)."""
    chosen: dict[str, str] = {}
    changes, plain = [], []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            plain.append(word)
        elif key in groups:
            chosen[key] = value
        else:
            changes.append(word)
    return chosen, changes, plain


def of_group(changes: Sequence[str], group: str) -> tuple[list[str], list[str]]:
    """The changes that begin with ``GROUP.``, without it, and the others."""
    mine = [word.removeprefix(f"{group}.") for word in changes if word.startswith(f"{group}.")]
    return mine, [word for word in changes if not word.startswith(f"{group}.")]


def _file(group: str, option: str, conf: Path | None) -> Path:
    if option.endswith((".yaml", ".yml")):
        if not Path(option).is_file():
            raise InputError("there is no such file", file=option)
        return Path(option)
    folders = [*([conf / group] if conf else []), shared_folder("conf") / group]
    for folder in folders:
        if (folder / f"{option}.yaml").is_file():
            return folder / f"{option}.yaml"
    known = sorted({file.stem for folder in folders for file in folder.glob("*.yaml")})
    near = difflib.get_close_matches(option, known, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"there is no {group} '{option}'", remedy=f"{hint}known: {', '.join(known)}, or a file of yours")
