"""Imports point one way, as docs/architecture.md draws them."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PHYSICS = {"program", "motion", "machine", "stock", "cutting", "thermal", "inspection", "workpiece"}
BASE = {"units", "errors", "config", "compiled", "native"}
# What a physics folder may know of another one: its data types.
DATA_TYPES = {
    "twin.program.program",
    "twin.machine.spindle",
    "twin.machine.tool",
    "twin.stock.cut",
    "twin.motion.motion",
    "twin.thermal.network",
}
FORBIDDEN_IN_PHYSICS = {"hydra", "omegaconf", "pooch", "requests", "rich", "urllib"}


def imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


def physics_files():
    return [(folder, f) for folder in PHYSICS for f in (ROOT / "twin" / folder).rglob("*.py")]


def test_physics_knows_only_data_types_of_other_physics():
    offences = []
    for folder, file in physics_files():
        for name in imports(file):
            parts = name.split(".")
            if parts[0] != "twin" or len(parts) == 1:
                continue
            if parts[1] != folder and parts[1] not in BASE and name not in DATA_TYPES:
                offences.append(f"{file.relative_to(ROOT)} imports {name}")
    assert not offences, "\n".join(offences)


def test_nothing_below_imports_the_advice_or_the_compensation():
    for folder in ("advice", "compensation"):
        above = {folder, "commands", "view"}
        files = [f for f in (ROOT / "twin").rglob("*.py") if f.relative_to(ROOT / "twin").parts[0] not in above]
        assert not [f for f in files if any(name.startswith(f"twin.{folder}") for name in imports(f))]


def test_calibration_knows_no_view_and_no_command():
    files = (ROOT / "twin" / "calibration").rglob("*.py")
    above = ("twin.view", "twin.commands", "twin.advice", "twin.compensation")
    assert not [f for f in files if any(name.startswith(above) for name in imports(f))]


def test_physics_does_no_configuration_network_or_printing():
    offences = []
    for _, file in physics_files():
        offences += [f"{file} imports {n}" for n in imports(file) if n.split(".")[0] in FORBIDDEN_IN_PHYSICS]
        tree = ast.parse(file.read_text())
        offences += [
            f"{file.relative_to(ROOT)}:{n.lineno} prints"
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("print", "open")
        ]
    assert not offences, "\n".join(offences)


def test_formats_know_no_physics():
    offences = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / "twin" / "formats").rglob("*.py")
        for name in imports(file)
        if name.startswith("twin.") and name.split(".")[1] not in BASE | {"formats"}
    ]
    assert not offences, "\n".join(offences)


def test_nothing_in_twin_imports_hardware():
    files = [f for f in (ROOT / "twin").rglob("*.py") if "commands" not in f.parts]
    assert not [f for f in files if any(n.split(".")[0] == "hardware" for n in imports(f))]
