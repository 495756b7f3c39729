"""The picture of the tool catalogue: `python docs/make_tool_catalogue.py`."""

from pathlib import Path

import matplotlib
import yaml

from twin.compose import groups
from twin.config import build
from twin.explain import option_file
from twin.machine.tool import Tool

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from twin.view.cutter import side_view

FIGURES = Path(__file__).parent / "figures"
ROWS = {  # heading -> beginnings of the names, height shown [mm]
    "flat end mills": (("flat",), 90),
    "bull-nose and roughing end mills": (("bull", "rough"), 110),
    "ball end mills and tapers": (("ball", "taper"), 120),
    "drills and spot drills": (("drill", "spot"), 110),
    "chamfer mills, reamers, face mills": (("chamfer", "reamer", "face"), 125),
}


def main() -> None:
    """Draw every generic tool to scale, a row a family."""
    names = [name for name in groups()["tool"] if not name.startswith("nist_")]
    rows = {title: [n for n in names if n.startswith(start)] for title, (start, _) in ROWS.items()}
    columns = max(map(len, rows.values()))
    figure = plt.figure(figsize=(0.78 * columns, 14), layout="constrained")
    panels = figure.subfigures(len(rows), 1)
    for panel, (title, mine) in zip(panels, rows.items(), strict=True):
        tools = {n: build(Tool, {"number": 1, **yaml.safe_load(option_file("tool", n).read_text())}) for n in mine}
        tools = dict(sorted(tools.items(), key=lambda pair: (pair[0].partition("_")[0], pair[1].diameter)))
        widths = [max(26.0, 1e3 * max(t.diameter, t.holder[0].diameter_lower) + 6) for t in tools.values()]
        panel.suptitle(title, x=0.01, ha="left", fontsize=11, weight="bold")
        axes = panel.subplots(1, len(tools), width_ratios=widths)
        for axis, (name, tool), width in zip(axes, tools.items(), widths, strict=True):
            side_view(axis, tool)
            axis.set(xlim=(-width / 2, width / 2), ylim=(-3, ROWS[title][1]), title="", xlabel="", ylabel="")
            axis.set_aspect("equal", adjustable="box", anchor="S")
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(False)
            axis.set_xlabel(name.replace("_", "\n"), fontsize=7)
    figure.savefig(FIGURES / "tool_catalogue.png", dpi=100)


if __name__ == "__main__":
    main()
