"""`twin line`: a line of machines simulated, with what-ifs."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "a line of machines simulated; what if"
EXAMPLE = "twin line line=cell --batch-one"
EPILOG = """\
  twin line line=cell                                the line of conf/line/cell.yaml, or line=FILE.yaml
  twin line line=cell parts.panel.steps.mill.run=latest parts.panel.steps.mill.time_min=0
                                                     time, energy and tools of a step from a run of the twin
  twin line stations.milling.n_machines=3            any value can be overridden
  twin line --batch-one                              what if every lot were one part
  twin line --rush panel:4:5:12                      what if 4 more panels came after 5 h, due at 12 h
  twin line --down milling:4:10                      what if the first machine stood still from 4 h to 10 h
figures, their definitions and intervals: docs/shop.md"""


def main(words: list[str]) -> None:
    """Simulate a line, print its figures, draw one replication."""
    parser = command_parser("line", "Discrete-event simulation of a line of machines.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="key=value", help="line=NAME, economics=NAME, and changes")
    parser.add_argument("--replications", type=int, default=100, help="of the simulation (default 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch-one", action="store_true", help="what if every lot were one part")
    parser.add_argument("--rush", action="append", default=[], metavar="PART:N:RELEASE_H:DUE_H", help="a rush order")
    parser.add_argument("--down", action="append", default=[], metavar="STATION:FROM_H:TO_H", help="a machine down")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.production.line.job import WhatIf, run_line
    from twin.resources import outputs_folder
    from twin.settings import split_words

    chosen, changes, plain = split_words(options.words, ("line", "economics"))
    if plain:
        raise InputError(f"'{plain[0]}' is no key=value", remedy="as line=cell")
    run_line(
        chosen,
        changes,
        WhatIf(options.batch_one, tuple(options.rush), tuple(options.down)),
        replications=options.replications,
        seed=options.seed,
        outputs=options.outputs or outputs_folder(),
        conf=options.conf,
    )
