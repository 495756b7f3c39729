"""Time to interpret and linearise NC programs, side by side with LinuxCNC's interpreter.

Compared with: ``gcode.parse`` with callbacks that drop every move (the interpreter alone; its own clock around the
call), and the command ``rs274 -g`` as a whole process that writes its canonical commands to /dev/null. Ours is timed
from text to finished arrays. Best of the rounds, which take turns.

    python tests/benchmarks/bench_program.py [DATA_DIR]
"""

import gzip
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "program")]

from program_oracle import TOOLS, LiveOracle, linuxcnc_python  # noqa: E402

from twin.program import interpret, linearise  # noqa: E402

ROUNDS = 7


def timed(function, *arguments, **settings) -> tuple[float, object]:
    began = time.perf_counter()
    answer = function(*arguments, **settings)
    return time.perf_counter() - began, answer


def rs274(text: str) -> float:
    """Seconds of the rs274 command, start of the process included."""
    with tempfile.TemporaryDirectory() as home:
        program = Path(home, "program.ngc")
        program.write_text(text)
        table = Path(home, "tool.tbl")
        table.write_text("".join(f"T{n} P{n} D{n * 2 / 25.4:.6f} Z{(50 + n) / 25.4:.6f}\n" for n in TOOLS))
        Path(home, "rs274.var").touch()
        command = ["rs274", "-t", str(table), "-v", str(Path(home, "rs274.var")), "-g", str(program), "/dev/null"]
        began = time.perf_counter()
        subprocess.run(command, env={"HOME": home, "PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL, check=False)
        return time.perf_counter() - began


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    with gzip.open(data / "peer_workload" / "pocket50k.nc.gz", "rt") as file:
        texts = {"pocket50k": file.read()}
    plate = data / "nist_plates" / "plate_01.nc"
    if plate.is_file():
        texts["plate_01"] = plate.read_text()
    python = linuxcnc_python()
    oracle = LiveOracle(python) if python else None
    head = (
        f"{'program':10} {'moves':>7} {'interpret':>10} {'gcode.parse':>12} "
        f"{'ratio':>6} {'rs274 -g':>9} {'linearise':>10}"
    )
    print(head)
    for name, text in texts.items():
        best: dict[str, float] = {}

        def note(key: str, seconds: float, best: dict[str, float] = best) -> None:
            best[key] = min(seconds, best.get(key, float("inf")))

        for _ in range(ROUNDS):
            seconds, program = timed(interpret, text, file=name, tools=TOOLS)
            note("interpret", seconds)
            seconds, _ = timed(linearise, program, chord_tolerance=1e-6)
            note("linearise", seconds)
            if oracle:
                answer = oracle.ask(text, silent=True)
                assert answer["error"] is None, answer
                note("parse", answer["seconds"])
                note("rs274", rs274(text))
        parse, binary = best.get("parse", float("nan")), best.get("rs274", float("nan"))
        print(
            f"{name:10} {program.n_moves:7d} {best['interpret'] * 1e3:8.1f}ms {parse * 1e3:10.1f}ms "
            f"{best['interpret'] / parse:6.2f} {binary * 1e3:7.1f}ms {best['linearise'] * 1e3:8.1f}ms"
        )
    if oracle:
        oracle.close()


if __name__ == "__main__":
    main()
