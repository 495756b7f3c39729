"""Pictures of docs/sensitivity.md, docs/robustness.md and docs/optimisation.md.

python docs/make_sweep_pictures.py [OUTPUTS]      OUTPUTS: where the sweep and the search lie if they are finished
"""

import shutil
import sys
import tempfile
from pathlib import Path

from twin.sweep.columns import read_table
from twin.sweep.importance import importance
from twin.sweep.job import run_sweep
from twin.sweep.pareto import goals, pareto_front
from twin.sweep.robust_job import run_robust
from twin.sweep.search_job import run_search
from twin.sweep.settings import load_sweep
from twin.sweep.where import where
from twin.view.front import draw_front
from twin.view.importance import draw_importance
from twin.view.search import draw_search

FIGURES = Path(__file__).parent / "figures"
GOALS = ("machining_time_min", "cost_part_eur", "deviation_95pct_um", "max:n_parts_per_tool")


def say(stage: str) -> None:
    print(stage, flush=True)


def sweep(outputs: Path) -> None:
    """The trade-off of time, cost, error and tool life, and what the error comes from."""
    folder, _ = run_sweep(load_sweep(["sweep=example"]), outputs, say)
    table = where(read_table(folder), "status == 'done'")
    chosen = goals(GOALS)
    draw_front(table, pareto_front(table, chosen), chosen, FIGURES / "sweep_front.png")
    draw_importance(importance(table, "deviation_95pct_um"), FIGURES / "sweep_tornado.png")


def robust(outputs: Path) -> None:
    folder = run_robust(["scenario=rib_panel_7075"], outputs=outputs, say=say).folder
    shutil.copy(folder / "robustness.png", FIGURES / "robustness.png")


def search(outputs: Path) -> None:
    best = run_search(["optimisation=example"], outputs=outputs, say=say)
    draw_search(best)
    shutil.copy(best.folder / "search.png", FIGURES / "search.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder)
        for draw in (sweep, robust, search):
            draw(place)
