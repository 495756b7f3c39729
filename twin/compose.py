"""Hydra composition of conf/ into plain data, with errors a user can act on."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from twin.errors import InputError
from twin.resources import shared_folder

CALIBRATION = "calibration="  # not Hydra's: a file of `twin calibrate`


def compose(overrides: Sequence[str] = (), *, conf: Path | None = None) -> dict[str, Any]:
    """Return the composed configuration as plain nested data.

    Args:
        overrides: Hydra overrides, ``scenario=nist_plate`` or ``tools.5.stick_out_mm=12``; and ``calibration=FILE``,
            whose values come last.
        conf: a folder of further groups (own scenarios, tools, machines), searched before the project's.

    Raises:
        InputError: unknown group, option or key, or a malformed override.
    """
    files = [override.partition("=")[2] for override in overrides if override.startswith(CALIBRATION)]
    overrides = [override for override in overrides if not override.startswith(CALIBRATION)]
    search = [f"hydra.searchpath=[file://{conf.resolve()}]"] if conf else []
    for override in overrides:
        _check_option(override, conf)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(shared_folder("conf")), version_base="1.3"):
            composed = hydra_compose("config", overrides=[*search, *overrides])
            plain = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise _readable(error, overrides, conf) from None
    assert isinstance(plain, dict)
    config = {str(key): value for key, value in plain.items()}
    if not files:
        return config
    from twin.calibration.file import with_calibration  # loads JAX

    return with_calibration(config, Path(files[-1]))


def groups(conf: Path | None = None) -> dict[str, list[str]]:
    """Options of every configuration group, by group name."""
    found: dict[str, set[str]] = {}
    for folder in [shared_folder("conf"), *([conf] if conf else [])]:
        for file in folder.glob("*/*.yaml"):
            found.setdefault(file.parent.name, set()).add(file.stem)
    return {group: sorted(options) for group, options in sorted(found.items())}


def _check_option(override: str, conf: Path | None) -> None:
    """Raise InputError where a group is to be an option that it lacks; Hydra passes over that where it is optional."""
    name, _, value = override.lstrip("+").partition("=")
    known = groups(conf).get(name)
    if known and value not in (*known, "null") and "," not in value:
        near = difflib.get_close_matches(value, known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError(f"there is no {name} '{value}'", remedy=f"{hint}known: {', '.join(known)}")


def _readable(error: Exception, overrides: Sequence[str], conf: Path | None) -> InputError:
    """The error in the user's terms: which override, what is known instead."""
    text = str(error).strip().splitlines()[0]
    for override in sorted(overrides, key=len, reverse=True):  # the most specific one that the message names
        name = override.partition("=")[0].lstrip("+~")
        if name in text or override in text:
            near = difflib.get_close_matches(name, _known_keys(overrides, override, conf), 1)
            hint = f"did you mean {near[0]}? " if near else ""
            return InputError(
                f"override '{override}' does not fit: {text}", remedy=f"{hint}`twin show` lists every key"
            )
    return InputError(f"the configuration does not compose: {text}", remedy="`twin show` lists every key")


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
