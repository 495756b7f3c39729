"""`twin batch`: what to do before each part of a batch, and why; a person releases it."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "a batch: run, slow down, change tool ..."
EXAMPLE = "twin batch batch=titanium_bracket"
EPILOG = """\
  twin batch batch=titanium_bracket            the batch of conf/batch, or batch=FILE.yaml
  twin batch costs.scrap_eur=900 tool.n_life=30   any value can be overridden
  twin batch --readings readings.csv           what the parts made so far said: part,power_rise_pct,deviation_um,did
  twin batch release FOLDER --by NAME --why TEXT [--reject]   the decision of a person, kept in the history
it proposes and does nothing; docs/decision.md"""


def main(words: list[str]) -> None:
    """Plan a batch, or record what a person decided about a plan."""
    parser = command_parser("batch", "Decisions within a batch, part by part, with reasons.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="key=value | release FOLDER", help="batch=NAME, and changes")
    parser.add_argument("--readings", type=Path, metavar="FILE.csv", help="of the parts made so far")
    parser.add_argument("--runs", type=int, default=100, help="simulated batches (default 100; 0: none)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by", default="", help="who releases")
    parser.add_argument("--why", default="", help="the reason")
    parser.add_argument("--reject", action="store_true", help="do not release")
    parser.add_argument("--history", type=Path, metavar="FILE", help="(default: history.sqlite in the outputs)")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.settings import split_words

    outputs = options.outputs or outputs_folder()
    chosen, changes, plain = split_words(options.words, ("batch",))
    if plain[:1] == ["release"] and len(plain) == 2:
        from twin.production.batch.release import release

        decision = "rejected" if options.reject else "released"
        store = options.history or outputs / "history.sqlite"
        record = release(Path(plain[1]), options.by, options.why, decision, store)
        print(f"{record['decision']} by {record['by']} at {record['at']}; row {record['history_row']} of {store}")
        return
    if plain:
        raise InputError(f"'{plain[0]}' is no key=value", remedy="as batch=titanium_bracket, or release FOLDER")
    from twin.production.batch.job import run_batch

    run_batch(
        chosen.get("batch", "titanium_bracket"),
        changes,
        outputs=outputs,
        conf=options.conf,
        readings=options.readings,
        n_runs=options.runs,
        seed=options.seed,
    )
