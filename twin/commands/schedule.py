"""`twin schedule`: a job shop scheduled, with what-ifs."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "a job shop scheduled: tools, due dates"
EXAMPLE = "twin schedule shop=cell --down 'vmc 1:2:5'"
EPILOG = """\
  twin schedule shop=cell                      the shop of conf/shop/cell.yaml, or shop=FILE.yaml
  twin schedule shop=cell 'jobs.panel A.deadline_h=6'   any value can be overridden
  twin schedule --batch-one                    what if every batch were one part
  twin schedule --rush housing:2:9             what if one more housing came after 2 h, due at 9 h
  twin schedule --down "vmc 1:2:5"             what if a machine stood still from 2 h to 5 h
  twin schedule --orders orders.json           dates and numbers from ISA-95 job orders; writes job responses
a schedule that cannot be is refused with the restrictions that contradict each other; docs/shop.md"""


def main(words: list[str]) -> None:
    """Schedule a shop, carry it out under scatter, print and draw it."""
    parser = command_parser("schedule", "Schedule of a job shop by constraint programming.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="key=value", help="shop=NAME, and changes")
    parser.add_argument("--batch-one", action="store_true", help="what if every batch were one part")
    parser.add_argument("--rush", action="append", default=[], metavar="JOB:RELEASE_H:DUE_H", help="a rush order")
    parser.add_argument("--down", action="append", default=[], metavar="MACHINE:FROM_H:TO_H", help="a machine down")
    parser.add_argument("--orders", type=Path, metavar="FILE.json", help="ISA-95 job orders")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.production.shop.job import WhatIf, run_schedule
    from twin.resources import outputs_folder
    from twin.settings import split_words

    chosen, changes, plain = split_words(options.words, ("shop", "economics"))
    if plain:
        raise InputError(f"'{plain[0]}' is no key=value", remedy="as shop=cell")
    run_schedule(
        chosen,
        changes,
        WhatIf(options.batch_one, tuple(options.rush), tuple(options.down)),
        outputs=options.outputs or outputs_folder(),
        conf=options.conf,
        orders=options.orders,
    )
