"""Tables in the terminal."""

import numpy as np
from rich.console import Console
from rich.table import Table

from twin.result import Result
from twin.units import MM, UM


def print_summary(result: Result, console: Console) -> None:
    """The run in a few numbers."""
    console.print(f"\n[bold]{result.tree.attrs['title']}[/bold]", highlight=False)
    table = Table(show_header=False)
    table.add_column("quantity")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for name, (value, unit) in result.summary().items():
        table.add_row(name, f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}", unit)
    console.print(table)
    console.print(f"heat of the machine: {result.tree.attrs.get('machine_heat', 'not recorded')}", highlight=False)
    console.print(f"release of residual stress: {result.tree.attrs['release']}", highlight=False)


def print_features(result: Result, console: Console, most: int = 16) -> None:
    """Nominal and predicted value of the ``most`` largest errors, and the share of each error source."""
    features = result["features"]
    errors = features["error_um"].values
    order = np.argsort(-np.nan_to_num(np.abs(errors), nan=-1.0), kind="stable")[:most]
    if not order.size:
        return
    sources = [str(name) for name in features["contributor"].values]
    title = f"Inspected features, the {len(order)} largest errors of {len(errors)} characteristics; errors in µm"
    table = Table(title=title, title_justify="left")
    table.add_column("feature", no_wrap=True)
    table.add_column("characteristic", no_wrap=True)
    for heading in ("nominal mm", "predicted mm", "error", *sources):
        table.add_column(heading, justify="right")
    for row in (features.isel(feature=i) for i in order):
        table.add_row(
            str(row["name"].values),
            str(row["characteristic"].values),
            f"{float(row['nominal_mm']):.3f}",
            f"{float(row['predicted_mm']):.4f}",
            f"{float(row['error_um']):+.1f}",
            *(f"{float(v):+.1f}" for v in row["contribution_um"].values),
        )
    console.print(table)


def print_measured(result: Result, console: Console) -> None:
    """What laboratories measured on the real part, beside what was predicted of it, hit or missed."""
    features = result["features"]
    measured, predicted = features["measured_mm"].values, features["predicted_mm"].values
    known = np.flatnonzero(np.isfinite(measured).any(axis=1))
    if not known.size:
        return
    laboratories = [str(name) for name in features["laboratory"].values]
    table = Table(title="Measured on the real part; predicted less measured in µm", title_justify="left")
    table.add_column("feature", no_wrap=True)
    table.add_column("characteristic", no_wrap=True)
    for heading in ("nominal mm", "predicted mm", *(f"{name} mm" for name in laboratories)):
        table.add_column(heading, justify="right")
    for name in laboratories:
        table.add_column(f"less {name}", justify="right")
    for i in known:
        missed = (predicted[i] - measured[i]) * MM / UM
        table.add_row(
            str(features["name"].values[i]),
            str(features["characteristic"].values[i]),
            f"{features['nominal_mm'].values[i]:.3f}",
            f"{predicted[i]:.4f}",
            *("" if np.isnan(v) else f"{v:.4f}" for v in measured[i]),
            *("" if np.isnan(v) else f"{v:+.1f}" for v in missed),
        )
    console.print(table)
