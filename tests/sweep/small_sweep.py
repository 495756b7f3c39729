"""A small part with features, and sweeps of it, outside the checkout."""

from pathlib import Path

from own_scenario import GOOD_PROGRAM, make_desk

FEATURES = """
- {kind: slot, name: slot, centre_mm: [30, 20, -1.2], normal: [0, 1, 0], width_mm: 10, size_mm: [40, 1.4]}
- {kind: plane, name: floor, centre_mm: [30, 20, -2], normal: [0, 0, 1], size_mm: [40, 6]}
"""
COARSE = ("scenario=own", "model.removal.resolution_mm=0.5", "model.wall_error=static")


def make_sweep_desk(folder: Path, **sweeps: str) -> Path:
    """A desk (:mod:`own_scenario`) whose part has features, and conf/sweep/NAME.yaml for each of ``sweeps``."""
    make_desk(folder)
    (folder / "scenarios" / "own" / "features.yaml").write_text(FEATURES)
    (folder / "scenarios" / "own" / "part.nc").write_text(GOOD_PROGRAM)
    file = folder / "conf" / "scenario" / "own.yaml"
    file.write_text(file.read_text().replace("  program: part.nc\n", "  program: part.nc\n  features: features.yaml\n"))
    (folder / "conf" / "sweep").mkdir()
    for name, text in sweeps.items():
        (folder / "conf" / "sweep" / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    return folder
