"""Puts faults into the machine behind a real LinuxCNC and prints how soon they are found, and how often it is accused.

    python docs/bench_fault_study.py FOLDER [--seed 1] [--healthy 40] [--episodes 4] [--runs 3] [--rate 0.001]
        [--pictures FOLDER]

Each run is a recording in FOLDER; one that is there is kept, so that it goes on where it was stopped. The defaults make
100 runs: 40 of a healthy machine, the first 20 its baseline, and of each of the five faults four times three.
"""

import argparse
import warnings
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import chi2

from hardware.calibration.recorded import read_recorded
from hardware.faults.bench_study import FaultBench
from hardware.faults.indicators import HealthCheck, series
from hardware.faults.regression import Indicator
from hardware.faults.study import FAULTS, Found, false_alarms, first_alarm
from twin.production.faults.change import chart, threshold_of
from twin.view.faults import draw_evidence

N_BASELINE, N_ORDERS = 20, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="of the machine's hidden parameters")
    parser.add_argument("--healthy", type=int, default=40)
    parser.add_argument("--episodes", type=int, default=4, help="times that each fault comes")
    parser.add_argument("--runs", type=int, default=3, help="with the fault, each time")
    parser.add_argument("--pictures", type=Path, help="folder for the evidence of the first alarm of each fault")
    parser.add_argument("--rate", type=float, default=1e-3, help="false alarms a run of the whole machine")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    console = Console(width=150)
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = FaultBench(options.seed)
    check = HealthCheck(bench.scenario, bench.machining)

    def run(name: str, number: int, *faults) -> dict[str, Indicator]:
        found = check.indicators(read_recorded(bench.record(options.folder / f"{name}.arrows", number, *faults)))
        console.print(f"[dim]{name}[/dim]")
        return found

    healthy = [run(f"healthy_{number:02d}", number) for number in range(1, options.healthy + 1)]
    values = series(healthy)
    threshold = threshold_of(options.rate, len(values))
    faulty: dict[str, list[list[dict[str, Indicator]]]] = {fault: [] for fault in FAULTS}
    for episode in range(options.episodes):
        for place, (fault, (broken, _)) in enumerate(FAULTS.items(), start=1):
            numbers = [1000 * place + episode * options.runs + k for k in range(options.runs)]
            name = fault.replace(" ", "_").replace("%", "percent")
            faulty[fault].append([run(f"{name}_{number}", number, broken(k + 1)) for k, number in enumerate(numbers)])
    found = {
        fault: [first_alarm(healthy, runs, N_BASELINE, threshold) for runs in episodes]
        for fault, episodes in faulty.items()
    }
    tell(found, console)
    for fault, episodes in found.items():
        if options.pictures and (evidence := episodes[0].evidence):
            title = f"{fault}, machine behind LinuxCNC"
            figure = draw_evidence(*evidence, N_BASELINE, title, true_change=options.healthy)
            figure.savefig(options.pictures / f"fault_bench_{fault.split()[0]}.png", dpi=90)
    alarms = [name for name, (v, u) in values.items() if chart(v, u, N_BASELINE, threshold).alarm is not None]
    judged = options.healthy - N_BASELINE
    low = chi2.ppf(0.025, 2 * len(alarms)) / 2 if alarms else 0.0
    high = chi2.ppf(0.975, 2 * len(alarms) + 2) / 2
    shuffled = false_alarms(values, N_BASELINE, options.rate, N_ORDERS, 0)
    console.print(
        f"false alarms: {len(alarms)} in {judged} healthy runs of {len(values)} indicators "
        f"(95 %: {low / judged:.2g} to {high / judged:.2g} a run), asked {options.rate:g}; "
        f"in {N_ORDERS} other orders of the same runs {shuffled:.2g} a run",
        highlight=False,
    )


def tell(found: dict[str, list[Found]], console: Console) -> None:
    """The table of delays."""
    table = Table(title="faults behind LinuxCNC", box=None)
    for heading in ("fault", "found", "after runs", "by the right indicator", "alarms by"):
        table.add_column(heading, justify="left" if heading in ("fault", "alarms by") else "right")
    for fault, episodes in found.items():
        right = set(FAULTS[fault][1])
        table.add_row(
            fault,
            f"{sum(f.delay is not None for f in episodes)} of {len(episodes)}",
            ", ".join(str(f.delay or "-") for f in episodes),
            f"{sum(bool(right & set(f.named)) for f in episodes)}",
            ", ".join(sorted({name for f in episodes for name in f.named})),
        )
    console.print(table)


if __name__ == "__main__":
    main()
