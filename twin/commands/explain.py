"""`twin explain`: what a key of the configuration means, what it is, and where it comes from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.commands.parser import command_parser

if TYPE_CHECKING:
    from twin.explain import Explanation

SUMMARY = "meaning, value and source of any key"
EXAMPLE = "twin explain cutting.coefficients"
EPILOG = """\
KEY is a dotted key as `twin show` prints it, with or without its unit; a part of one lists what is below it;
a group (machine, tool, material ...) or GROUP.OPTION (material.ti_6al_4v); or words that it is found by
  twin explain tools.2.stick_out
  twin explain scenario=nist_plate tools.5.stick_out
  twin explain material.cutting[carbide_dry_190].ktc
  twin explain tool"""
BENCHES = {
    "bench.linuxcnc": "hardware.linuxcnc.options:LinuxcncOptions",
    "bench.replay": "hardware.replay:ReplayOptions",
    "bench.opcua": "hardware.opcua_options:OpcuaOptions",
    "bench.mtconnect": "hardware.mtconnect_options:MtconnectOptions",
    "bench.shdr": "hardware.mtconnect_options:ShdrOptions",
    "bench.mqtt": "hardware.mqtt_options:MqttOptions",
    "validation": "hardware.validation.limits:Limits",
}  # what this package knows by name only


def main(words: list[str]) -> None:
    """Print what is known of a key."""
    parser = command_parser("explain", "Tell what a key of the configuration means and where it is set.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="KEY", help="what to explain, and key=value to compose first")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from twin.compose import groups
    from twin.explain import SCHEMAS, desk, explain

    overrides = [word for word in options.words if "=" in word]
    keys = [word for word in options.words if "=" not in word]
    at = desk(overrides, conf=options.conf, schemas={**SCHEMAS, **BENCHES})
    for number, key in enumerate(keys or sorted(at.config)):
        if number:
            print()
        print_explanation(explain(key, at), brief=not keys)
    if not keys:
        print("\nfurther groups: " + ", ".join(group for group in groups(options.conf) if group not in at.config))


def print_explanation(told: "Explanation", *, brief: bool = False) -> None:
    """Print one explanation; in brief without what is below it."""
    from twin.explain import NOT_GIVEN

    if told.instead_of:
        print(f"found by the words of '{told.instead_of}':\n")
    owner = told.meaning.owner if told.meaning is not None else ""
    print(told.key + (f"    ({owner})" if owner else ""))
    for line in _wrapped(told.doc):
        print(f"  {line}")
    rows: list[tuple[str, str]] = []
    if told.value is not NOT_GIVEN and not told.children:
        rows.append(("value", _short(told.value, 400)))
    elif told.meaning is not None and told.value is NOT_GIVEN and told.meaning.owner:
        rows.append(("value", f"left out: {_default(told)}"))
    rows += _of_schema(told)
    rows += _where(told)
    if told.source and not told.children:
        rows.append(("source", told.source))
    for name, text in rows:
        first, *more = _wrapped(text, 98)
        print(f"  {name:<9} {first}")
        for line in more:
            print(f"  {'':<9} {line}")
    if brief:
        return
    if told.children:
        print("  keys")
        _print_table([(_below(told.key, below.key), _value(below), below.doc) for below in told.children])
    if told.in_force is not None:
        print(f"  in force: {told.in_force.key.rpartition('[')[2].rstrip(']')}")
        _print_table([(_below(told.in_force.key, row.key), _value(row), row.doc) for row in told.in_force.children])
    if told.options:
        print("  options")
        _print_table([(name, "", said) for name, said in told.options.items()])


def _of_schema(told: "Explanation") -> list[tuple[str, str]]:
    """Rows on type, unit and what is allowed."""
    from twin.units import SUFFIX, split_suffix

    meaning = told.meaning
    if meaning is None or meaning.schema is not None:
        return []
    rows = [("type", meaning.kind)]
    if meaning.unit is not None:
        endings = ", ".join(f"_{suffix}" for suffix, (_, unit) in SUFFIX.items() if unit == meaning.unit)
        rows.append(("unit", f"of the key's ending; any of {endings}"))
    if meaning.choices:
        rows.append(("allowed", ", ".join(meaning.choices)))
    elif meaning.allowed is not None:
        split = split_suffix(told.key.rpartition(".")[2])
        rows.append(("allowed", meaning.allowed.words(split[1] if split else 1.0)))
    return rows


def _where(told: "Explanation") -> list[tuple[str, str]]:
    """Rows on where the value is set, the place in force first."""
    rows = []
    for number, origin in enumerate(reversed(told.origins)):
        place = "the command line" if origin.file is None else f"{_relative(origin.file)}:{origin.line}"
        written = f" as {origin.written}" if "${" in origin.written or (number and origin.written) else ""
        rows.append(("set in" if not number else "before", place + written))
        if origin.comment and origin.comment != told.doc and not number:
            rows.append(("it says", origin.comment))
    return rows


def _default(told: "Explanation") -> str:
    """What holds where a key is left out."""
    from twin.explain import NOT_GIVEN
    from twin.units import split_suffix

    assert told.meaning is not None
    default = told.meaning.default
    if default is NOT_GIVEN:
        return "required"
    split = split_suffix(told.key.rpartition(".")[2])
    if split and isinstance(default, float):
        return f"default {default / split[1]:g}"
    return f"default {'null' if default is None else default}" if default not in ((), {}) else "default none"


def _value(below: "Explanation") -> str:
    from twin.explain import NOT_GIVEN

    return _default(below) if below.value is NOT_GIVEN else _short(below.value, 40)


def _short(value: Any, most: int) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        text = f"{len(value)} keys"
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        text = f"{len(value)} entries"
    else:
        text = "null" if value is None else str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _below(above: str, key: str) -> str:
    return key.removeprefix(above.partition("=")[0]).lstrip(".")


def _print_table(rows: list[tuple[str, str, str]]) -> None:
    first = max(len(row[0]) for row in rows)
    second = max(len(row[1]) for row in rows)
    for key, value, doc in rows:
        room = max(40, 150 - first - second)
        said = doc if len(doc) <= room else f"{doc[: room - 1]}…"
        print(f"    {key:<{first}}  {value:<{second}}  {said}".rstrip() if second else f"    {key:<{first}}  {said}")


def _wrapped(text: str, width: int = 108) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) or [""]


def _relative(file: Path) -> Path:
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
