"""`twin oee`: what machines did with their time, by ISO 22400-2, from their logs or from a history."""

from pathlib import Path

from twin.commands.parser import command_parser, picture_file

SUMMARY = "utilisation and OEE (ISO 22400-2) from logs"
EXAMPLE = "twin oee mazak.shdr.gz --produced 24 --good 23"
EPILOG = """\
LOG is an SHDR log, plain or gzip, or data:FOLDER/FILE of the data registry; several are one machine over several times.
a history (*.sqlite) needs --machine NAME.
parts come from the control's own counter where it counts, else from --produced, or, with --part-s S, from the ends of
programs that executed for at least S seconds: whether each of them made a part the log does not say.
docs/shopfloor.md defines every figure."""


def main(words: list[str]) -> None:
    """Print the time model and the figures of one machine; draw its states."""
    parser = command_parser("oee", "What a machine did with its time, by ISO 22400-2.", EPILOG)
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log of the machine, or a history")
    parser.add_argument("--machine", metavar="NAME", help="which machine of a history; else a name for the output")
    parser.add_argument("--from", dest="begin", metavar="TIME", help="ISO 8601, UTC (default: first observed)")
    parser.add_argument("--to", dest="end", metavar="TIME", help="ISO 8601, UTC (default: last observed)")
    parser.add_argument("--produced", type=int, metavar="N", help="produced quantity PQ")
    parser.add_argument("--part-s", type=float, metavar="S", help="a program's end after S seconds or more is a part")
    parser.add_argument("--good", type=int, metavar="N", help="good quantity GQ")
    parser.add_argument("--planned-s", type=float, metavar="S", help="planned run time per item PRI in seconds")
    parser.add_argument("--run", metavar="RUN", help="take PRI from a run of the twin (folder, or `latest`)")
    parser.add_argument("--silence-s", type=float, default=300.0, help="without a word for longer: unobserved (300)")
    parser.add_argument("--state", action="append", default=[], metavar="WORD=MEANING", help="of an unknown word")
    parser.add_argument("--picture", type=picture_file, metavar="FILE.png", help="draw the states over time")
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    chosen = parser.parse_args(words)

    import sys

    from rich.console import Console

    from twin.errors import InputError
    from twin.production.history import History
    from twin.production.history_event import utc_text, utc_us
    from twin.production.machine_log import from_history, from_logs
    from twin.production.oee import Quantities, figures, times_of
    from twin.view.oee import draw_days, print_figures, print_times

    if chosen.silence_s <= 0:
        raise InputError(f"--silence-s is {chosen.silence_s:g}", remedy="it is a time")
    begin, end = (utc_us(text) if text else None for text in (chosen.begin, chosen.end))
    files = [_located(name) for name in chosen.logs]
    if any(file.suffix == ".sqlite" for file in files):
        if len(files) > 1 or not chosen.machine:
            raise InputError("a history holds several machines", remedy="give it alone, with --machine NAME")
        with History(files[0]) as history:
            log = from_history(history, chosen.machine, end)
    else:
        log = from_logs(files, chosen.machine or "")
    timeline = log.timeline(begin, end, round(chosen.silence_s * 1e6), _words(chosen.state))
    first, last = int(timeline.edge_us[0]), int(timeline.edge_us[-1])
    if chosen.produced is not None and chosen.part_s is not None:
        raise InputError("--produced and --part-s both say how many parts there are", remedy="give one of them")
    if chosen.part_s is not None and chosen.part_s <= 0:
        raise InputError(f"--part-s is {chosen.part_s:g}", remedy="the least time of execution that makes a part")
    counted = log.counted(first, last) if chosen.part_s is None else timeline.program_ends(chosen.part_s)
    planned = chosen.planned_s if chosen.run is None else _predicted(chosen.run, chosen.outputs)
    quantities = Quantities(counted if chosen.produced is None else chosen.produced, chosen.good, planned)
    times = times_of(timeline)
    found = figures(times, quantities)  # what is wrong with the quantities is said before anything is printed
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(f"{log.name}  {utc_text(first)} to {utc_text(last)}", highlight=False, soft_wrap=True)
    print_times(times, timeline, console)
    print_figures(found, console)
    counter = "the control's counter" if chosen.part_s is None else f"ends of programs of {chosen.part_s:g} s or more"
    source = "given" if chosen.produced is not None else counter
    for name, value, where in (
        ("PQ", quantities.produced, source),
        ("GQ", quantities.good, "given"),
        ("PRI", planned, "s, predicted by the twin" if chosen.run else "s, given"),
    ):
        console.print(f"{name} = {'not known' if value is None else f'{value:g} ({where})'}", highlight=False)
    if chosen.picture:
        draw_days([(log.name, timeline)]).savefig(chosen.picture, dpi=150)
        console.print(f"picture  {chosen.picture}", highlight=False, soft_wrap=True)


def _located(name: str) -> Path:
    """A file, or a recording of the registry."""
    from twin.data import recording
    from twin.errors import InputError

    if name.startswith("data:"):
        return recording(name.removeprefix("data:"))
    file = Path(name)
    if not file.is_file():
        raise InputError("there is no such file", file=file, remedy="name an SHDR log or a history")
    return file


def _words(pairs: list[str]) -> dict[str, str]:
    """``WARMUP=executing`` as word and meaning."""
    from twin.errors import InputError

    found = {}
    for pair in pairs:
        word, equals, what = pair.partition("=")
        if not equals:
            raise InputError(f"--state {pair} is no WORD=MEANING", remedy="as --state WARMUP=executing")
        found[word.upper()] = what
    return found


def _predicted(run: str, outputs: Path | None) -> float:
    """Duration of a run of the twin [s]."""
    import json

    from twin.resources import outputs_folder
    from twin.runs import RECORD, find_run

    folder = find_run(run, outputs or outputs_folder())
    return float(json.loads((folder / RECORD).read_text())["duration_s"])
