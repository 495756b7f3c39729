"""Every number in conf/ carries its unit, and every option of every group composes and builds."""

from pathlib import Path

import pytest
import yaml

from twin.units import split_suffix

CONF = Path(__file__).resolve().parents[1] / "conf"
FILES = sorted(CONF.rglob("*.yaml"))


def bare_numbers(node, key="", under_unit=False):
    """Dotted keys of numbers without a unit: neither they nor a key above ends in one."""
    if isinstance(node, dict):
        for name, value in node.items():
            last = str(name)
            fine = (
                under_unit
                or bool(split_suffix(last))
                or last.startswith("n_")
                or last in ("seed", "noise_seed", "plate", "look_ahead")
            )
            yield from bare_numbers(value, f"{key}.{last}", fine)
    elif isinstance(node, list):
        for value in node:
            yield from bare_numbers(value, key, under_unit)
    elif isinstance(node, (int, float)) and not isinstance(node, bool) and not under_unit:
        yield key.lstrip(".")


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(CONF)))
def test_every_number_has_a_unit(file):
    assert not list(bare_numbers(yaml.safe_load(file.read_text())))
