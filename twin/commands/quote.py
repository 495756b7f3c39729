"""`twin quote`: time, tools, energy, cost and risk of a part, each with its interval."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "time, tools, energy, cost, risk of a part"
EXAMPLE = "twin quote latest --quantity 50 --lot 10"
EPILOG = """\
  twin quote latest --quantity 50             of a finished run
  twin quote scenario=nist_plate machine=hurco   the part is machined in the twin first
  twin quote part.nc stock.stl material=ti_6al_4v   your own program: what it does not say is guessed, and listed
  economics=standard                          prices: conf/economics/NAME.yaml or a file of yours
  economics.rates.machine.rate_eur_h=60       one of them
  tolerance=iso2768_m                         general tolerances of the sizes that are inspected
every figure is a mean with its 95 % interval; docs/quote.md says what each is made of"""


def main(words: list[str]) -> None:
    """Quote one part."""
    parser = command_parser("quote", "What a part takes and costs, and what could make it dearer.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="RUN or key=value", help="a finished run, or a scenario to machine")
    parser.add_argument("--quantity", type=int, default=10, help="parts of the order (default 10)")
    parser.add_argument("--lot", type=int, help="parts of one set-up (default: all)")
    parser.add_argument("--inspected-pct", type=float, default=100.0, help="of the parts (default 100)")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    parser.add_argument("--no-picture", action="store_true", help="do not draw the quotation")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.production.cost.job import quote_run
    from twin.production.cost.quote import Order
    from twin.resources import outputs_folder
    from twin.runs import find_run
    from twin.settings import of_group, split_words

    outputs = options.outputs or outputs_folder()
    lot = options.quantity if options.lot is None else options.lot
    order = Order(options.quantity, lot, options.inspected_pct / 100)
    chosen, changes, plain = split_words(options.words, ("economics", "tolerance"))
    prices, overrides = of_group(changes, "economics")
    own = bool(plain) and Path(plain[0]).is_file()
    if plain and Path(plain[0]).suffix and not Path(plain[0]).exists():
        raise InputError("there is no such file", file=plain[0], remedy="name an NC program, or a finished run")
    if own:
        scenario, overrides = _own_scenario(plain, overrides, outputs)
        overrides = [f"scenario={scenario}", *overrides]
    elif len(plain) > 1 or (plain and overrides) or not (plain or overrides):
        raise InputError("what is to be quoted?", remedy="a run (`twin quote latest`), an NC file, or scenario=NAME")
    if plain and not own:
        folder = find_run(plain[0], outputs)
    else:
        from twin.job import run_scenario

        folder = run_scenario(overrides, outputs=outputs, conf=options.conf, picture=not options.no_picture)
    quote_run(folder, order, chosen, prices, outputs=outputs, conf=options.conf, picture=not options.no_picture)


def _own_scenario(files: list[str], words: list[str], outputs: Path) -> tuple[Path, list[str]]:
    """The scenario of an NC file (and its stock), written into the outputs; and the words that are for the run."""
    from twin.commands import new

    for_run = [word for word in words if word.startswith("model")]
    folder = outputs / "own_parts"
    folder.mkdir(parents=True, exist_ok=True)
    scenario = folder / f"{Path(files[0]).stem}.yaml"
    new.main([*files, *(word for word in words if word not in for_run), "--output", str(scenario)])
    return scenario, for_run
