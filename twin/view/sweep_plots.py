"""Results of a sweep over its parameters, and the direction in which each parameter moves them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from matplotlib.figure import Figure
from scipy.stats import rankdata

from twin.sweep.columns import numbers
from twin.view.run_plots import COLOURS

MOST_PARAMETERS = 5  # those that move the results most
BINS = 12  # of a parameter, for the line through the middle
MOST_DOTS = 4000  # more of them only blacken the plot


def effects(rows: pa.Table, parameters: Sequence[str], results: Sequence[str]) -> np.ndarray:
    """Spearman's rank correlation (parameter, result); NaN for parameters that are no numbers."""
    found = np.full((len(parameters), len(results)), np.nan)
    for i, parameter in enumerate(parameters):
        if not _is_number(rows, parameter):
            continue
        for k, result in enumerate(results):
            x, y = numbers(rows, parameter), numbers(rows, result)
            known = np.isfinite(x) & np.isfinite(y)
            if known.sum() > 2 and np.ptp(x[known]) > 0 and np.ptp(y[known]) > 0:
                found[i, k] = np.corrcoef(rankdata(x[known]), rankdata(y[known]))[0, 1]
    return found


def draw_effects(rows: pa.Table, parameters: Sequence[str], results: Sequence[str], found: np.ndarray) -> Figure:
    """A panel a result and a parameter: every scenario, and the median along the parameter.

    Args:
        found: as :func:`effects` returns it; the parameters that move most are drawn.
    """
    strength = np.nanmax(np.where(np.isnan(found), 0.5, np.abs(found)), axis=1)
    chosen = [parameters[i] for i in np.argsort(-strength, kind="stable")[:MOST_PARAMETERS]]
    figure = Figure(figsize=(10, 0.5 + 1.7 * len(results)), layout="constrained")
    panels = figure.subplots(len(results), len(chosen), squeeze=False, sharex="col", sharey="row")
    some = slice(None, None, -(-rows.num_rows // MOST_DOTS))
    for across, parameter in enumerate(chosen):
        if _is_number(rows, parameter):
            x, labels = numbers(rows, parameter), None
        else:
            labels, x = np.unique(np.array(rows[parameter].to_pylist(), dtype=str), return_inverse=True)
        for down, result in enumerate(results):
            axes, y = panels[down, across], numbers(rows, result)
            axes.plot(x[some], y[some], ".", color="#9aa7b5", markersize=2.5)
            axes.plot(*_middle(x.astype(float), y), color=COLOURS[1], linewidth=1.3)
            axes.grid(alpha=0.25)
            axes.tick_params(labelsize=7)
            if across == 0:
                axes.set_ylabel(_wrapped(result), fontsize=7)
        panels[-1, across].set_xlabel(_wrapped(parameter), fontsize=7)
        if labels is not None:
            panels[-1, across].set_xticks(range(len(labels)), labels, rotation=20, fontsize=7)
    return figure


def _middle(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median of ``y`` along ``x``: at each value where there are few, else in bins of equal counts."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    values = np.unique(x)
    if len(values) <= BINS:
        return values, np.array([np.median(y[x == value]) for value in values])
    parts = np.array_split(np.argsort(x, kind="stable"), BINS)
    return np.array([np.median(x[p]) for p in parts]), np.array([np.median(y[p]) for p in parts])


def _is_number(rows: pa.Table, name: str) -> bool:
    kind = rows.schema.field(name).type
    return pa.types.is_floating(kind) or pa.types.is_integer(kind)


def _wrapped(name: str) -> str:
    """Long dotted names in lines."""
    return name.replace(".", ".\n", name.count(".") if len(name) > 18 else 0)
