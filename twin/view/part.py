"""The machined part as a file for viewers: a closed mesh that carries the predictions."""

from pathlib import Path

import numpy as np

from twin.formats.mesh import write_mesh
from twin.result import Result
from twin.stock.mesh import PartMesh


def write_part(mesh: PartMesh, result: Result, folder: Path) -> None:
    """Write part.vtp."""
    write_mesh(folder / "part.vtp", mesh.vertices, mesh.faces, fields=vertex_fields(result, mesh.sample))


def vertex_fields(result: Result, sample: np.ndarray) -> dict[str, np.ndarray]:
    """What the mesh carries, name -> (vertex,) float32; NaN where no tool made the surface.

    Args:
        result: the run.
        sample: (vertex,) row of the surface samples, -1 none.
    """
    surface, segments = result["surface"], result["segments"]
    machined = (sample >= 0) & surface["machined"].values[sample]
    maker = surface["segment"].values[sample]
    made = machined & (maker >= 0)
    of_sample = {"deviation_um": surface["deviation_um"].values} | {
        f"deviation_{source}_um": surface["contribution_um"].values[:, k]
        for k, source in enumerate(surface["source"].values)
        if source != "release" or "release_deviation_um" in surface  # without a profile it is not modelled
    }
    of_segment = {
        "force_n": segments["force_peak_n"].values,
        "power_w": segments["power_w"].values,
        "depth_mm": segments["depth_mm"].values,
        "engagement_deg": segments["engagement_deg"].values,
        "chatter_margin": segments["chatter_margin"].values,
        "wear_um": segments["wear_um"].values,
        "interface_degc": segments["interface_degc"].values,
        "time_s": segments["time_s"].values[:, 1],
        "line": segments["line"].values,
    }
    fields = {name: np.where(machined, values[sample], np.nan) for name, values in of_sample.items()}
    fields |= {name: np.where(made, values[maker], np.nan) for name, values in of_segment.items()}
    return {name: values.astype(np.float32) for name, values in fields.items() if not np.isnan(values).all()}
