"""`twin report`: what was simulated and what came out, as a page to read and a PDF to hand on."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "report of a run or a sweep, as HTML and PDF"
EXAMPLE = "twin report latest"
EPILOG = """\
writes report.html, in one piece and without anything from outside, and report.pdf into the folder of the run
a run: what was simulated and from which sources, numbers with their uncertainty, pictures, inspection, every operation
a sweep: what was varied, the best and the worst, the trade-offs, what failed
PDF needs Chromium (apt-get install chromium)"""


def main(words: list[str]) -> None:
    """Write the report of a finished run or sweep."""
    parser = command_parser("report", "Report of a finished run or sweep.", EPILOG)
    parser.add_argument("what", nargs="?", default="latest", metavar="RUN|SWEEP", help="folder, or `latest` run")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write into (default: that of the run)")
    parser.add_argument("--no-pdf", action="store_true", help="HTML alone")
    parser.add_argument("--no-picture", action="store_true", help="do not draw the part")
    parser.add_argument("--outputs", type=Path, help="folder of run folders (default: outputs)")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.view.pdf import write_pdf
    from twin.view.report_job import report

    if options.out and not options.out.is_dir():
        raise InputError("no such folder", file=options.out, remedy="make it, or leave --out away")
    print("collecting the results and drawing the pictures ...", flush=True)
    page = report(options.what, options.outputs or outputs_folder(), out=options.out, picture=not options.no_picture)
    print(f"report  {page}", flush=True)
    if not options.no_pdf:
        write_pdf(page, page.with_suffix(".pdf"))
        print(f"PDF     {page.with_suffix('.pdf')}")
