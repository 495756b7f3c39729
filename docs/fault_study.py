"""Puts faults into many simulated machines and prints how soon they are found and how often healthy ones are accused.

    python docs/fault_study.py [--machines 100] [--healthy 120] [--rate 0.001] [--processes 1] [--pictures FOLDER]

Twin and machine share their equations and the sensors are assumed: this tests the detection, not the models.
"""

import argparse
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest, chi2

from hardware.faults.study import CHECKED, DRIFTS, FAULTS, Shop, Watched, false_alarms, shop, watch
from twin.scenario import load_scenario
from twin.simulate import machine
from twin.view.faults import draw_evidence

N_BASELINE, N_BEFORE, N_FAULTY, N_DRIFTING = 20, 40, 5, 40
N_ORDERS = 200  # in which the healthy runs of a machine are looked at
HERE: list[Shop] = []  # of a process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument(
        "--healthy", type=int, default=120, help="healthy runs of each machine, the first 20 its baseline"
    )
    parser.add_argument("--rate", type=float, default=1e-3, help="false alarms a run of the whole machine")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--pictures", type=Path, help="folder for the evidence of the first machine's alarms")
    options = parser.parse_args()
    tasks = [(seed, options.healthy, options.rate) for seed in range(1, options.machines + 1)]
    console, watched = Console(width=150), list[Watched]()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=spawn, initializer=prepare) as pool:
        for seen in pool.map(one, tasks):
            watched.append(seen)
            delays = [found.delay for found in seen.found.values()]
            console.print(f"[dim]machine {len(watched)}: found after {delays} runs[/dim]")
    tell(watched, options.healthy - N_BASELINE, options.rate, console)
    if options.pictures:
        for fault in FAULTS:
            if evidence := watched[0].found[fault].evidence:
                figure = draw_evidence(*evidence, N_BASELINE, fault, true_change=N_BEFORE)
                figure.savefig(options.pictures / f"fault_{fault.split()[0]}.png", dpi=90)


def prepare() -> None:
    """In each process: the shop."""
    warnings.simplefilter("ignore")
    scenario = load_scenario(*CHECKED)
    HERE.append(shop(scenario, machine(scenario, lambda stage: None)))


def one(task: tuple[int, int, float]) -> Watched:
    """One machine."""
    seed, healthy, rate = task
    return watch(
        HERE[0],
        seed,
        n_baseline=N_BASELINE,
        n_healthy=healthy,
        n_before=N_BEFORE,
        n_faulty=N_DRIFTING,
        rate=rate,
        faults=FAULTS | DRIFTS,
    )


def tell(watched: list[Watched], n_monitored: int, rate: float, console: Console) -> None:
    """The tables."""
    n = len(watched)
    table = Table(title=f"{n} machines, each fault after {N_BEFORE} healthy runs", box=None)
    headings = (f"found within {N_FAULTY}", f"within {N_DRIFTING}", "after runs: median", "90 %", "longest found")
    for heading in ("fault", *headings, "by the right indicator"):
        table.add_column(heading, justify="left" if heading == "fault" else "right")
    for fault, (_, right) in (FAULTS | DRIFTS).items():
        delay = np.array([w.found[fault].delay or N_DRIFTING + 1 for w in watched])
        named = sum(bool(set(w.found[fault].named) & set(right)) for w in watched)
        found = [_share(int((delay <= runs).sum()), n) for runs in (N_FAULTY, N_DRIFTING)]
        late = (np.median(delay), np.percentile(delay, 90), delay[delay <= N_DRIFTING].max(initial=0))
        table.add_row(fault, *found, *(f"{value:.0f}" for value in late), f"{named} of {n}")
    console.print(table)
    alarms = [name for w in watched for name, c in w.charts.items() if c.alarm is not None]
    runs = n * n_monitored
    low, high = chi2.ppf(0.025, 2 * len(alarms)) / 2 if alarms else 0.0, chi2.ppf(0.975, 2 * len(alarms) + 2) / 2
    console.print(
        f"false alarms: {len(alarms)} in {runs:,} healthy runs of {len(watched[0].charts)} indicators; "
        f"{len(alarms) / runs:.2g} a run (95 %: {low / runs:.2g} to {high / runs:.2g}), asked {rate:g}",
        highlight=False,
    )
    each = np.array([false_alarms(w.values, N_BASELINE, rate, N_ORDERS, k) for k, w in enumerate(watched)])
    spread = 1.96 * each.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    console.print(
        f"with the same runs in {N_ORDERS} other orders: {each.mean():.2g} a run (95 %, over machines: "
        f"{each.mean() - spread:.2g} to {each.mean() + spread:.2g})",
        highlight=False,
    )
    console.print("alarms as they came: " + (", ".join(sorted(alarms)) or "none"), highlight=False)


def _share(hits: int, n: int) -> str:
    """``hits`` of ``n`` with the 95 % interval of Clopper and Pearson."""
    sure = binomtest(hits, n).proportion_ci()
    return f"{hits} of {n} ({100 * sure.low:.0f} to {100 * sure.high:.0f} %)"


if __name__ == "__main__":
    main()
