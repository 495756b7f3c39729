"""`twin inspect`: a finished run on the virtual CMM, alone or against a measured report."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "measure a run, beside a measured report"
EXAMPLE = "twin inspect latest --against plate.qif"
EPILOG = """\
writes inspection.html and inspection.qif (QIF 3.0, with uncertainties) into the run folder
with --against the QIF has the lines of that report, so that both compare line by line
the measuring machine is conf/cmm/standard.yaml; --cmm FILE.yaml takes another"""


def main(words: list[str]) -> None:
    """Measure the part of a finished run; print, and write the report and the QIF file."""
    parser = command_parser("inspect", "Measure the predicted part on a virtual measuring machine.", EPILOG)
    parser.add_argument("run", nargs="?", default="latest", help="run folder, or `latest`")
    parser.add_argument("--against", type=Path, metavar="FILE.qif", help="measured report, QIF 2.1 or 3.0")
    parser.add_argument("--component", metavar="NAME", help="which part of the measured report")
    parser.add_argument("--cmm", type=Path, metavar="FILE.yaml", help="measuring machine")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write into (default: the run folder)")
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    options = parser.parse_intermixed_args(words)

    import sys

    from rich.console import Console

    from twin.errors import InputError
    from twin.inspect_run import inspect_run, write_prediction
    from twin.resources import outputs_folder
    from twin.runs import find_run
    from twin.view.inspection_report import print_inspection, write_inspection_report

    folder = find_run(options.run, options.outputs or outputs_folder())
    out = options.out or folder
    if not out.is_dir():
        raise InputError("no such folder", file=out, remedy="make it, or leave --out away")
    console = Console(width=None if sys.stdout.isatty() else 160)
    inspected = inspect_run(folder, options.cmm, options.against, options.component)
    write_prediction(inspected, out / "inspection.qif")
    write_inspection_report(inspected, out / "inspection.html")
    print_inspection(inspected, console)
    console.print(f"report  {out / 'inspection.html'}", highlight=False, soft_wrap=True)
    console.print(f"QIF     {out / 'inspection.qif'}", highlight=False, soft_wrap=True)
