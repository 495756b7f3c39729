"""`twin faults`: what has changed on a machine, from recordings of the same program."""

from pathlib import Path

from twin.commands.parser import OVERRIDES, command_parser

SUMMARY = "what has changed on a machine, with evidence"
EXAMPLE = "twin faults monday.arrows tuesday.arrows ..."


def main(words: list[str]) -> None:
    """Judge recordings of one program, oldest first; status 0 whether or not there is an alarm."""
    parser = command_parser("faults", "Parameters of the twin that drift from recording to recording.", OVERRIDES)
    parser.add_argument("words", nargs="+", metavar="RECORDING | key=value", help="oldest first; what ran")
    parser.add_argument("--baseline", type=int, default=20, metavar="N", help="first runs held to be healthy (20)")
    parser.add_argument("--rate", type=float, default=1e-3, help="false alarms a run of a healthy machine (0.001)")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="folder for the evidence of alarms")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from rich.console import Console

    from hardware.faults.job import judge_recordings

    judge_recordings(
        [Path(word) for word in options.words if "=" not in word],
        [word for word in options.words if "=" in word],
        Console(width=None if Console().is_terminal else 160),
        n_baseline=options.baseline,
        rate=options.rate,
        pictures=options.pictures,
        conf=options.conf,
    )
