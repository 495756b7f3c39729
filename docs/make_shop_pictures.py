"""Pictures and numbers of docs/shop.md, docs/quote.md and docs/decision.md.

python docs/make_shop_pictures.py [RUN]      RUN: a finished run of the rib panel, for the quotation
"""

import sys
from dataclasses import replace
from pathlib import Path

from twin.production.batch.plan import plan
from twin.production.batch.policy import PROBLEMS, Adaptive, Fixed, Shared
from twin.production.batch.process import draw_truth, simulate
from twin.production.batch.settings import Batch, FixedRule
from twin.production.batch.study import TWIN, BatchStudy, study
from twin.production.cost.job import quotation_of
from twin.production.cost.quote import Order
from twin.production.line import study as line_study
from twin.production.line.config import Line
from twin.production.shop.execute import execute
from twin.production.shop.schedule import schedule
from twin.production.shop.settings import Shop
from twin.settings import read_settings
from twin.view.batch import draw_batch
from twin.view.line import draw_line
from twin.view.quote import draw_quotation
from twin.view.schedule import draw_schedule

FIGURES = Path(__file__).parent / "figures"
N_BATCHES, SEED = 30, 1


def worlds(batch: Batch) -> dict[str, Batch]:
    """What may be true while the twin believes ``batch``."""
    tool, fault, size = batch.tool, batch.fault, batch.size
    return {
        "tools live 0.6 times as long": replace(batch, tool=replace(tool, n_life=0.6 * tool.n_life)),
        "tools live 1.6 times as long": replace(batch, tool=replace(tool, n_life=1.6 * tool.n_life)),
        "power rises half as much": replace(batch, tool=replace(tool, signal=0.5 * tool.signal)),
        "power rises 1.5 times as much": replace(batch, tool=replace(tool, signal=1.5 * tool.signal)),
        "power is twice as noisy": replace(batch, tool=replace(tool, signal_noise=2 * tool.signal_noise)),
        "nothing ever goes wrong": replace(batch, fault=replace(fault, onset=0.0)),
        "the offset drifts three times as fast": replace(batch, size=replace(size, drift=3 * size.drift)),
    }


def tell(what: str, found: BatchStudy) -> None:
    """One row of the table in docs/decision.md for each rule."""
    n = found.batch.n_parts
    for rule in list(found.outcomes)[1:]:
        saving, percent = found.saving(rule), 100 / found.outcomes[rule].cost.mean()
        twin, other = found.outcomes[TWIN], found.outcomes[rule]
        print(
            f"| {what} | {rule} | {twin.cost.mean() / n:.2f} | {other.cost.mean() / n:.2f} | "
            f"{saving.mean * percent:.1f} % "
            f"({saving.lower * percent:.1f} to {saving.upper * percent:.1f}) | {twin.scrap.mean():.1f} / "
            f"{other.scrap.mean():.1f} | {twin.failures.mean():.1f} / {other.failures.mean():.1f} |",
            flush=True,
        )


def tell_problems(batch: Batch, rule: str) -> None:
    """One row for each problem that the twin decides beside a rule, and one for all of them."""
    truth = draw_truth(batch, N_BATCHES, SEED)
    alone = simulate(batch, Fixed(batch.rules[rule]), truth, batch)
    for problems in (*((problem,) for problem in PROBLEMS), tuple(PROBLEMS)):
        shared = Shared(Adaptive(batch), Fixed(batch.rules[rule]), problems)
        tell(
            " and ".join(problems), BatchStudy(batch, {TWIN: simulate(batch, shared, truth, batch), rule: alone}, rule)
        )


def main() -> None:
    draw_line(line_study.study(read_settings(Line, "line", "cell"), 100, SEED)).savefig(FIGURES / "line.png", dpi=110)
    planned = schedule(read_settings(Shop, "shop", "cell"))
    carried, calm = execute(planned, 2000, SEED), execute(planned, 2000, SEED, breakdowns=False)
    draw_schedule(planned, carried, calm).savefig(FIGURES / "schedule.png", dpi=110)
    if len(sys.argv) > 1:
        draw_quotation(quotation_of(Path(sys.argv[1]), Order(50, 10), {})).savefig(FIGURES / "quote.png", dpi=110)
    batch = read_settings(Batch, "batch", "titanium_bracket")
    found = study(batch, N_BATCHES, SEED)
    draw_batch(batch, plan(batch), found).savefig(FIGURES / "batch.png", dpi=110)
    tell("as believed", found)
    n_change, n_measure = (int(word) for word in found.tuned.replace(",", "").split() if word.isdigit())
    policies = {TWIN: Adaptive(batch)} | {name: Fixed(rule) for name, rule in batch.rules.items()}
    policies[found.tuned] = Fixed(FixedRule(n_change=n_change, n_measure=n_measure, warm_up="warm up" in found.tuned))
    for rule in batch.rules:
        tell_problems(batch, rule)
    for what, world in worlds(batch).items():
        truth = draw_truth(world, N_BATCHES, SEED)
        outcomes = {name: simulate(batch, policy, truth, world) for name, policy in policies.items()}
        tell(what, BatchStudy(batch, outcomes, found.tuned))


if __name__ == "__main__":
    main()
