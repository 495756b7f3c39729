"""`twin robust`: how often a part is in tolerance when everything scatters as stated, and what to tighten first."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "chance of a good part, what to tighten"
EXAMPLE = "twin robust scenario=rib_panel_7075"
EPILOG = """\
tolerances are those of the scenario (scenario.tolerances), further ones and scatter those of conf/robustness:
  robustness=NAME robustness.n_samples=5000         another file, more parts
material and machine state their own scatter; docs/robustness.md says what is drawn and how"""


def main(words: list[str]) -> None:
    """Draw parts of a scenario and say how many are good."""
    parser = command_parser("robust", "How often a part is in tolerance, and what to tighten first.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="RUN | key=value", help="a finished run, or a scenario")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from rich.console import Console

    from twin.job import Stopwatch
    from twin.resources import outputs_folder
    from twin.sweep.robust_job import run_robust
    from twin.view.robustness import print_robustness

    console = Console(width=None if Console().is_terminal else 160)
    watch = Stopwatch(console)
    done = run_robust(options.words, outputs=options.outputs or outputs_folder(), conf=options.conf, say=watch)
    watch.done()
    print_robustness(done.found)
    for what, names in (("scatter not varied", done.left_out), ("not judged, no tolerance", done.unjudged)):
        if names:
            shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
            console.print(f"[yellow]{what}[/yellow] {shown}", highlight=False)
    if done.n_assumed:
        n = len(done.found.judged.name)
        console.print(
            f"[yellow]assumed limits[/yellow] {done.n_assumed} of {n} are those of conf/robustness, not of a drawing"
        )
    console.print(f"release of residual stress: {done.release}", highlight=False)
    for file in ("robustness.png", "tornado.png", "robustness.parquet"):
        console.print(f"{file:<19} {done.folder / file}", highlight=False, soft_wrap=True)
    console.print(f"{watch.total:.1f} s of wall time", highlight=False)
