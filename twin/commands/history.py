"""`twin history`: record what happened to parts, verify that nobody changed it, export it."""

import argparse
from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "record, verify and export the history of parts"
EXAMPLE = "twin history record latest --part bracket --serial 7"
EPILOG = """\
twin history record RUN --part P --serial S   what the twin knows: program, tools, machine, compensation, prediction
     --log LOG --machine NAME                 and the log of the machine that made it, all of it
     --inspection NAME=FILE.qif               and what a laboratory measured (again for another one)
     --tool 5=EM-0125-7 --compensation FILE --batch NO
twin history note PART TEXT --by NAME         an operator's note
twin history release PART --decision released --why TEXT --by NAME
twin history list                             parts, sources, number of rows
twin history head                             number and hash of the last row: keep it elsewhere
twin history verify [--head SEQ:HASH]         finds what was changed, moved, removed or cut off
twin history export FOLDER [--csv]            Parquet by month, or CSV
The file is outputs/history.sqlite, or --store FILE. Nothing in it can be changed or deleted: docs/history.md"""


def main(words: list[str]) -> None:
    """Run one of the history's own commands."""
    parser = command_parser("history", "The history of parts and machines: append only, verifiable.", EPILOG)
    parser.set_defaults(act=None)
    parser.add_argument("--store", type=Path, metavar="FILE", help="the history (default: outputs/history.sqlite)")
    commands = parser.add_subparsers(metavar="record | note | release | list | head | verify | export", required=True)

    record = commands.add_parser("record", help="a run, with what was logged and measured")
    record.set_defaults(act=_record)
    record.add_argument("run", metavar="RUN", help="folder of a finished run, or `latest`")
    record.add_argument("--part", required=True, help="part number")
    record.add_argument("--serial", help="serial number")
    record.add_argument("--machine", default="", help="serial number or name of the machine")
    record.add_argument("--log", metavar="LOG", help="SHDR log of the machine, or data:FOLDER/FILE")
    record.add_argument("--inspection", action="append", default=[], metavar="NAME=FILE.qif", help="of a laboratory")
    record.add_argument(
        "--component", action="append", default=[], metavar="NAME=PART", help="which part of the report"
    )
    record.add_argument("--tool", action="append", default=[], metavar="T=SERIAL", help="tool that was really used")
    record.add_argument("--compensation", type=Path, metavar="FILE", help="table in force in the control")
    record.add_argument("--batch", default="", help="heat or batch of the blank")
    record.add_argument("--outputs", type=Path, help="folder of run folders")

    note = commands.add_parser("note", help="an operator's note")
    note.set_defaults(act=_note)
    note.add_argument("part", metavar="PART", help="PART/SERIAL")
    note.add_argument("text")
    note.add_argument("--by", required=True, metavar="NAME")

    release = commands.add_parser("release", help="a person's decision")
    release.set_defaults(act=_release)
    release.add_argument("part", metavar="PART", help="PART/SERIAL")
    release.add_argument("--decision", required=True, help="released, rework or rejected")
    release.add_argument("--why", required=True, metavar="TEXT")
    release.add_argument("--by", required=True, metavar="NAME")

    commands.add_parser("list", help="parts and sources").set_defaults(act=_list)
    commands.add_parser("head", help="number and hash of the last row").set_defaults(act=_head)
    verify = commands.add_parser("verify", help="find what was changed")
    verify.set_defaults(act=_verify)
    verify.add_argument("--head", metavar="SEQ:HASH", help="a head that was kept; or a file that holds it")

    export = commands.add_parser("export", help="Parquet or CSV")
    export.set_defaults(act=_export)
    export.add_argument("folder", type=Path)
    export.add_argument("--csv", action="store_true", help="CSV instead of Parquet")
    for one in commands.choices.values():
        one.add_argument("--store", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    chosen = parser.parse_args(words)

    from twin.resources import outputs_folder

    chosen.act(chosen, chosen.store or outputs_folder() / "history.sqlite")


def _record(chosen: argparse.Namespace, store: Path) -> None:
    from twin.data import recording
    from twin.errors import InputError
    from twin.production.history_recorder import Request, record
    from twin.production.history_run import PartName, ShopFacts
    from twin.resources import outputs_folder
    from twin.runs import find_run

    def located(name: str) -> Path:
        return recording(name.removeprefix("data:")) if name.startswith("data:") else Path(name)

    if not chosen.serial:
        raise InputError("the part has no serial number", remedy="--serial 7")
    if chosen.log and not chosen.machine:
        raise InputError("nobody says which machine the log is of", remedy="--machine NAME")
    tools = _pairs(chosen.tool, "--tool 5=EM-0125-7")
    if wrong := [number for number in tools if not number.isdigit()]:
        raise InputError(f"'{wrong[0]}' is no tool number", remedy="--tool 5=EM-0125-7")
    request = Request(
        run=find_run(chosen.run, chosen.outputs or outputs_folder()),
        part=PartName(chosen.part, chosen.serial),
        facts=ShopFacts({int(n): s for n, s in tools.items()}, chosen.machine, chosen.compensation, chosen.batch),
        log=located(chosen.log) if chosen.log else None,
        inspections={n: located(f) for n, f in _pairs(chosen.inspection, "--inspection NIST=report.qif").items()},
        components=_pairs(chosen.component, "--component NIST=10"),
    )
    for line in record(store, request):
        print(line)


def _note(chosen: argparse.Namespace, store: Path) -> None:
    _say(store, chosen.part, chosen.by, "note", {"text": chosen.text})


def _release(chosen: argparse.Namespace, store: Path) -> None:
    _say(store, chosen.part, chosen.by, "release", {"decision": chosen.decision, "why": chosen.why})


def _say(store: Path, name: str, by: str, kind: str, body: dict[str, str]) -> None:
    """One event by a person, about a part that is known."""
    from twin.errors import InputError
    from twin.production.history import History
    from twin.production.history_event import Event, now_us
    from twin.production.history_verify import require_intact
    from twin.production.history_writer import append

    if not by.strip():
        raise InputError(f"nobody says the {kind}", remedy="--by NAME")
    require_intact(store)
    with History(store) as history:
        part, serial = history.find_part(name)
    row = append(store, by, Event(now_us(), kind, body, part=part, serial=serial))
    print(f"row {row}: {kind} of {part}/{serial} by {by}")


def _list(chosen: argparse.Namespace, store: Path) -> None:
    from twin.production.history import History

    with History(store) as history:
        print(f"{history.head().seq:,} rows in {store}")
        for part, serial in history.parts():
            print(f"part     {part}/{serial}")
        for name, machine in history.sources().values():
            print(f"source   {name}" + (f", of machine {machine}" if machine else ""))


def _head(chosen: argparse.Namespace, store: Path) -> None:
    from twin.production.history import History

    with History(store) as history:
        print(history.head())


def _verify(chosen: argparse.Namespace, store: Path) -> None:
    from twin.errors import InputError
    from twin.production.history_chain import Head
    from twin.production.history_verify import verify

    text = chosen.head
    kept = None if text is None else Head.parse(Path(text).read_text() if Path(text).is_file() else text)
    verdict = verify(store, kept)
    for finding in verdict.findings:
        print(finding)
    if not verdict.intact:
        raise InputError(f"this is not what was recorded: {verdict.findings[0]}", file=store)
    beyond = "" if kept else "; whether its end is the end, only a kept head tells: --head"
    print(f"intact: {verdict.head.seq:,} rows, head {verdict.head}{beyond}")


def _export(chosen: argparse.Namespace, store: Path) -> None:
    from twin.production.history import History
    from twin.production.history_export import export

    with History(store) as history:
        for file in export(history, chosen.folder, "csv" if chosen.csv else "parquet"):
            print(file)


def _pairs(words: list[str], example: str) -> dict[str, str]:
    """``NAME=VALUE`` words as a table."""
    from twin.errors import InputError

    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise InputError(f"'{word}' is no NAME=VALUE", remedy=f"as {example}")
        found[name] = value
    return found
