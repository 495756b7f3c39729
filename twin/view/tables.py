"""Tables in the terminal."""

import numpy as np
from rich.console import Console
from rich.table import Table

from twin.result import Result


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
    console.print(f"release of residual stress: {result.tree.attrs['release']}", highlight=False)


def print_features(result: Result, console: Console, most: int = 16) -> None:
    """Nominal, predicted and measured value of the ``most`` largest errors, and the share of each error source."""
    features = result["features"]
    errors = features["error_um"].values
    order = np.argsort(-np.nan_to_num(np.abs(errors), nan=-1.0), kind="stable")[:most]
    if not order.size:
        return
    sources = [str(name) for name in features["contributor"].values]
    laboratories = [str(name) for name in features["laboratory"].values]
    title = f"Inspected features, the {len(order)} largest errors of {len(errors)} characteristics; errors in µm"
    table = Table(title=title, title_justify="left")
    table.add_column("feature", no_wrap=True)
    table.add_column("characteristic", no_wrap=True)
    for heading in ("nominal mm", "predicted mm", *(f"{name} mm" for name in laboratories), "error", *sources):
        table.add_column(heading, justify="right")
    for row in (features.isel(feature=i) for i in order):
        measured = ("" if np.isnan(v) else f"{float(v):.4f}" for v in row["measured_mm"].values)
        table.add_row(
            str(row["name"].values),
            str(row["characteristic"].values),
            f"{float(row['nominal_mm']):.3f}",
            f"{float(row['predicted_mm']):.4f}",
            *measured,
            f"{float(row['error_um']):+.1f}",
            *(f"{float(v):+.1f}" for v in row["contribution_um"].values),
        )
    console.print(table)
