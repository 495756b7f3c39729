"""One job of `twin quote`: a finished run in, a folder with the quotation out."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from twin.config import build
from twin.inspection.tolerance import ToleranceRow
from twin.production.cost.economics import Economics
from twin.production.cost.operations import operations_of
from twin.production.cost.quote import GeneralTolerance, Order, Quotation, material_of, quote
from twin.resources import shared_folder
from twin.result import load
from twin.runs import new_run
from twin.settings import read_settings


def quote_run(
    folder: Path,
    order: Order,
    chosen: Mapping[str, str],
    prices: Sequence[str],
    *,
    outputs: Path,
    conf: Path | None = None,
    picture: bool = True,
) -> Path:
    """Quote the part of a finished run, print the quotation, write its folder; return that.

    Args:
        chosen: options of ``economics`` and ``tolerance``, where not the standard ones.
        prices: changes to the economics.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    from twin.view.quote import draw_quotation, print_quotation, quotation_record  # loads matplotlib

    found = quotation_of(folder, order, chosen, prices, conf)
    console = Console(width=None if sys.stdout.isatty() else 160)
    print_quotation(found, console)
    record = quotation_record(found) | {"run": str(folder), "economics": chosen.get("economics", "standard")}
    with new_run(outputs, f"{folder.name.split('_', 1)[-1]}_quote") as (partial, final):
        (partial / "quote.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        if picture:
            draw_quotation(found).savefig(partial / "quote.png", dpi=150)
    console.print(f"quotation {final}", highlight=False, soft_wrap=True)
    return final


def quotation_of(
    folder: Path, order: Order, chosen: Mapping[str, str], prices: Sequence[str] = (), conf: Path | None = None
) -> Quotation:
    """The quotation of a finished run.

    Raises:
        InputError: bad input of any kind.
    """
    economics = read_settings(Economics, "economics", chosen.get("economics", "standard"), prices, conf)
    tolerance = read_settings(GeneralTolerance, "tolerance", chosen.get("tolerance", "iso2768_f"), (), conf)
    result = load(folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    operations, material, drawing = operations_of(result, config), material_of(config), tolerances_of(config)
    return quote(result, operations, economics, order, tolerance, material, drawing=drawing)


def tolerances_of(config: Mapping[str, Any]) -> tuple[ToleranceRow, ...]:
    """Tolerances of the run's scenario, from the file beside it; none where it names none or the file has gone."""
    scenario = config.get("scenario", {})
    if not scenario.get("tolerances"):
        return ()
    for folder in (Path(scenario.get("folder") or ""), shared_folder("scenarios") / scenario["name"]):
        file = folder / scenario["tolerances"]
        if file.is_file():
            rows = yaml.safe_load(file.read_text())
            return tuple(build(ToleranceRow, row, f"[{k}]", file=file) for k, row in enumerate(rows))
    return ()
