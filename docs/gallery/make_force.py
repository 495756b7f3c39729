"""Draws force.png: force over one revolution of three cutters in AA7075-T6."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import yaml

from twin.config import build
from twin.cutting.discretised import discretise, force_history
from twin.cutting.material import Material
from twin.machine.tool import Tool
from twin.resources import shared_folder
from twin.units import MM
from twin.view.force import draw_force

HERE = Path(__file__).parent
N_ELEMENTS, N_ROTATIONS = 200, 721
PER_TOOTH = 0.08 * MM
CASES = {  # tool of conf/tool, depth, entry, exit, title
    "flat_d12_4fl_variable": (6 * MM, 2 * np.pi / 3, np.pi, "4 flutes, variable pitch, runout\n6 x 3 mm, down milling"),
    "bull_d16r1_3fl": (3 * MM, 0.0, np.pi, "bull nose of 16 mm, 3 flutes\nslot, 3 mm deep"),
    "ball_d10_2fl": (1 * MM, 0.0, np.pi, "ball of 10 mm, 2 flutes\nslot, 1 mm deep"),
}


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((shared_folder("conf") / name).read_text())


def main() -> None:
    law = build(Material, read("material/aa7075_t6.yaml")).coefficients
    rotation = np.linspace(0, 2 * np.pi, N_ROTATIONS)
    force = []
    for name, (depth, entry, leave, _) in CASES.items():
        tool = build(Tool, {"number": 1} | read(f"tool/{name}.yaml"))
        edge = discretise(tool, depth, N_ELEMENTS)
        arc = jnp.broadcast_to(jnp.asarray([[entry, leave]]), (edge.z.shape[1], 1, 2))
        feed = jnp.asarray([tool.n_teeth * PER_TOOTH, 0.0])
        force.append(np.asarray(force_history(edge, feed, arc, law, jnp.asarray(rotation)))[:, :3])
    titles = [title for *_, title in CASES.values()]
    draw_force(rotation, np.array(force), titles).savefig(HERE / "force.png", dpi=100)


if __name__ == "__main__":
    main()
