"""What LinuxCNC's interpreter says of a program, live or recorded, and how ours compares to it."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program import Op, Program, interpret

HERE = Path(__file__).parent
ORACLE = HERE / "oracle"
POSITION = 1e-9  # mm and degrees
FEED = 1e-9  # relative

TOOLS = {
    n: Tool(
        number=n,
        name=f"T{n}",
        kind="flat",
        diameter=n * 2e-3,
        n_teeth=2,
        flute_length=0.02,
        stick_out=0.05,
        z_offset=0.05 + n * 1e-3,
    )
    for n in range(1, 24)
}
TABLE = {n: {"D": n * 2.0, "Z": 50.0 + n} for n in TOOLS}

_KIND = {Op.RAPID: "rapid", Op.FEED: "feed", Op.ARC: "arc", Op.DWELL: "dwell", Op.TOOL: "tool", Op.PROBE: "probe"}


def linuxcnc_python() -> str | None:
    """A Python that can load LinuxCNC's interpreter: this one, else the system's."""
    module = Path("/usr/lib/python3/dist-packages")
    if not list(module.glob("gcode.cpython-*")):
        return None
    for python in ("/usr/bin/python3", sys.executable):
        tag = subprocess.run([python, "-c", "import sys; print(sys.implementation.cache_tag)"], capture_output=True)
        if list(module.glob(f"gcode.{tag.stdout.decode().strip()}*")):
            return python
    return None


class LiveOracle:
    """LinuxCNC's interpreter in a process of its own."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(HERE / "linuxcnc_oracle.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, text: str, silent: bool = False) -> dict:
        """Operations and error; ``silent`` drops the moves, so that ``seconds`` is the interpreter's own time."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"text": text, "tools": TABLE, "silent": silent}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def live_oracle_or_skip() -> LiveOracle:
    """The live oracle; without LinuxCNC the test is skipped, under CI it fails."""
    python = linuxcnc_python()
    if python is None:
        message = "LinuxCNC's interpreter is not installed (apt-get install --no-install-recommends linuxcnc-uspace)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return LiveOracle(python)


def run(text: str) -> Program | InputError:
    """Our answer: the program, or the error it must raise."""
    try:
        return interpret(text, file="test.ngc", tools=TOOLS)
    except InputError as error:
        return error


def operations(program: Program) -> list[dict]:
    """Our rows in the oracle's form [mm, deg, mm/min]; a pure turn without its feed, which is none of a path."""
    found = []
    end = np.hstack([program.end[:, :3] * 1e3, np.degrees(program.end[:, 3:])])
    start = np.hstack([program.start[:, :3] * 1e3, np.degrees(program.start[:, 3:])])
    # coordinates turned and shifted by other offsets come back with another last digit: that is no way
    moved = np.any(np.abs(program.end[:, :3] - program.start[:, :3]) > 1e-15, axis=1)
    turned = np.any(program.end[:, 3:] != program.start[:, 3:], axis=1)
    for i in range(program.n_moves):
        kind = _KIND.get(Op(program.op[i]))
        if kind is None:
            continue
        op = {"op": kind, "line": int(program.line[i])}
        if kind == "dwell":
            op["s"] = float(program.dwell[i])
        elif kind == "tool":
            op["number"] = int(program.tool[i])
        else:
            op |= {"to": end[i].tolist(), "idle": kind != "arc" and bool(np.abs(end[i] - start[i]).max() < 1e-10)}
            if kind != "rapid" and (moved[i] or not turned[i]):
                op["f"] = float(program.feed[i] * 6e4)
        if kind == "arc":
            axis = int(program.plane_axis[i])
            centre = program.centre[i] * 1e3
            op |= {"axis": axis, "turns": int(program.turns[i])}
            op["centre"] = [float(centre[(axis + 1) % 3]), float(centre[(axis + 2) % 3])]
        found.append(op)
    return found


def without_idle(ops: Iterable[dict]) -> list[dict]:
    """Without straight moves that stay where they are, dwells of no time and messages.

    LinuxCNC writes the first for words such as G1 alone, and the second for a tapping cycle without P.
    """
    return [op for op in ops if not (op["op"] == "message" or op.get("idle") or op.get("s") == 0.0)]


def difference(ours: dict, theirs: dict) -> str:
    """What differs between two operations; empty where they agree."""
    for key in ("op", "line", "turns", "axis", "number"):
        if ours.get(key) != theirs.get(key):
            return f"{key} {ours.get(key)} against {theirs.get(key)}"
    for key in ("to", "centre"):
        if key in theirs:
            worst = max(abs(a - b) for a, b in zip(ours[key], theirs[key], strict=True))
            if worst > POSITION:
                return f"{key} {worst:g} mm apart: {ours[key]} against {theirs[key]}"
    if "s" in theirs and ours["s"] != theirs["s"]:
        return f"dwell {ours['s']} against {theirs['s']}"
    if "f" in theirs and "f" in ours and abs(ours["f"] - theirs["f"]) > FEED * max(1.0, abs(theirs["f"])):
        return f"feed {ours['f']} against {theirs['f']}"
    return ""


def assert_same(text: str, answer: dict) -> None:
    """Our interpreter and the oracle agree: on the failure, or on every operation."""
    ours = run(text)
    if answer["error"] is not None or isinstance(ours, InputError):
        both = answer["error"] is not None and isinstance(ours, InputError)
        assert both, f"LinuxCNC: {answer['error']}; ours: {ours if isinstance(ours, InputError) else 'runs'}\n{text}"
        return
    a, b = without_idle(operations(ours)), without_idle(answer["ops"])
    for i, (mine, theirs) in enumerate(zip(a, b, strict=False)):
        assert not (wrong := difference(mine, theirs)), f"operation {i}, line {theirs['line']}: {wrong}\n{text}"
    assert len(a) == len(b), f"{len(a)} operations against {len(b)}\n{text}"


def recorded(name: str) -> list[dict]:
    """Recorded answers: entries with the text and LinuxCNC's answer."""
    with gzip.open(ORACLE / f"{name}.json.gz", "rt") as file:
        return json.load(file)


def summary(ops: Iterable[dict]) -> dict[str, float]:
    """Numbers that a whole program comes down to: counts, sums of positions, centres, lengths and feeds."""
    kept = without_idle(ops)
    moves = [op for op in kept if "to" in op]
    to = np.array([op["to"] for op in moves])
    weight = np.arange(1, len(moves) + 1) / len(moves)  # order matters
    arcs = [op for op in kept if op["op"] == "arc"]
    return {
        "operations": len(kept),
        **{f"n_{kind}": sum(op["op"] == kind for op in kept) for kind in ("rapid", "feed", "arc", "dwell", "tool")},
        "x_mm": float(weight @ to[:, 0]),
        "y_mm": float(weight @ to[:, 1]),
        "z_mm": float(weight @ to[:, 2]),
        "chord_mm": float(np.linalg.norm(np.diff(to[:, :3], axis=0), axis=1).sum()),
        "centre_mm": float(sum(op["centre"][0] + 2 * op["centre"][1] for op in arcs)),
        "turns": sum(op["turns"] for op in arcs),
        "feed_mm_min": float(sum(op["f"] for op in moves if "f" in op)),
        "line": sum(op["line"] for op in kept),
    }
