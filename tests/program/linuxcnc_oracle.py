"""LinuxCNC's interpreter as an independent reference, in a process of its own.

Reads JSON lines ``{"text": program, "tools": {number: {"D": mm, "Z": mm}}, "silent": bool}`` from standard
input and answers each with a JSON line ``{"ops": [...], "error": message or null, "seconds": time of the parse}``.
Every program runs in a forked child, so that no state is left over and a crash costs one answer.

Operations hold positions X Y Z A B C of the tip in machine axes with the tool length off [mm, deg]: the canonical
coordinates with LinuxCNC's own G92, rotation and work offset put back in.

Run by any Python that can load Debian's ``gcode`` module (3.11 on Debian 12); never imported by the package.
"""

import ctypes
import json
import math
import os
import struct
import sys
import tempfile
import time

sys.path.append("/usr/lib/python3/dist-packages")

import gcode  # type: ignore[import-not-found]

INCH = 25.4
RECORD = struct.Struct("=ii9dddd i4x")  # CANON_TOOL_TABLE


class Canon:
    """Receives the canonical commands."""

    def __init__(self, tools: dict[int, dict[str, float]]) -> None:
        self.ops: list[dict] = []
        self.table = [self._entry(-1, {})] + [self._entry(t, tools[t]) for t in sorted(tools)]
        self.numbers = [0, *sorted(tools)]
        self.parameter_file = os.path.join(os.environ["HOME"], "oracle.var")
        self.line = 0
        self.plane = 1
        self.g5x = self.g92 = [0.0] * 6
        self.turn = 0.0
        self.at, self.length = [0.0] * 6, [0.0] * 6  # the tip, and the tool offset it is reckoned with
        self.feed = 0.0  # mm/min; with G95 mm/rev

    @staticmethod
    def _entry(number: int, words: dict[str, float]) -> tuple:
        return (number, 0.0, 0.0, words.get("Z", 0.0), *[0.0] * 6, words.get("D", 0.0), 0.0, 0.0, 0)

    def machine(self, p) -> list[float]:
        x, y = p[0] + self.g92[0], p[1] + self.g92[1]
        c, s = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        xyz = [c * x - s * y, s * x + c * y, p[2] + self.g92[2]]
        linear = [(v + o) * INCH for v, o in zip(xyz, self.g5x[:3], strict=False)]
        return linear + [v + g + o for v, g, o in zip(p[3:6], self.g92[3:], self.g5x[3:], strict=False)]

    def add(self, op: str, **values) -> None:
        self.ops.append({"line": self.line, "op": op, **values})

    def next_line(self, state) -> None:
        self.line = state.sequence_number

    def straight(self, op: str, p, **values) -> None:
        to = self.machine(p)
        idle = max(abs(a - b) for a, b in zip(to, self.at, strict=False)) < 1e-10
        self.at = to
        self.add(op, to=to, idle=idle, **values)

    def straight_traverse(self, *p) -> None:
        self.straight("rapid", p)

    def straight_feed(self, *p) -> None:
        self.straight("feed", p, f=self.feed)

    def straight_probe(self, *p) -> None:
        self.straight("probe", p, f=self.feed)

    def rigid_tap(self, *p) -> None:
        self.straight("tap", [*p[:3], 0.0, 0.0, 0.0])

    def arc_feed(self, e1, e2, c1, c2, turns, e3, *abc) -> None:
        u, v, w = {1: (0, 1, 2), 2: (1, 2, 0), 3: (2, 0, 1)}[self.plane]
        end, centre = [0.0] * 3, [0.0] * 3
        end[u], end[v], end[w] = e1, e2, e3
        centre[u], centre[v], centre[w] = c1, c2, e3
        middle = self.machine([*centre, 0.0, 0.0, 0.0])[:3]
        self.at = self.machine([*end, *abc[:3]])
        self.add("arc", to=self.at, centre=[middle[u], middle[v]], axis=w, turns=turns, f=self.feed)

    def set_plane(self, plane) -> None:
        self.plane = plane

    def tool_offset(self, *p) -> None:
        new = [v * INCH for v in p[:3]] + list(p[3:6])
        self.at = [a + old - length for a, old, length in zip(self.at, self.length, new, strict=False)]
        self.length = new

    def set_feed_rate(self, feed) -> None:
        self.feed = feed * INCH

    def set_g5x_offset(self, index, *p) -> None:
        self.g5x = list(p[:6])

    def set_g92_offset(self, *p) -> None:
        self.g92 = list(p[:6])

    def set_xy_rotation(self, degrees) -> None:
        self.turn = degrees

    def dwell(self, seconds) -> None:
        self.add("dwell", s=seconds)

    def change_tool(self, pocket) -> None:
        self.add("tool", number=self.numbers[pocket] if 0 <= pocket < len(self.numbers) else pocket)

    def message(self, text) -> None:
        self.add("message", text=text)

    def set_spindle_rate(self, speed) -> None: ...
    def set_traverse_rate(self, *p) -> None: ...
    def comment(self, text) -> None: ...
    def user_defined_function(self, *p) -> None: ...

    def check_abort(self) -> bool:
        return False

    def get_tool(self, pocket):
        return self.table[pocket] if 0 <= pocket < len(self.table) else self.table[0]

    def get_external_angular_units(self) -> float:
        return 1.0

    def get_external_length_units(self) -> float:
        return 1.0  # a metric machine

    def get_axis_mask(self) -> int:
        return 0b111111

    def get_block_delete(self) -> bool:
        return True


class SilentCanon(Canon):
    """Receives the moves and drops them, for timing the interpreter itself."""

    def next_line(self, state) -> None: ...
    def straight_traverse(self, *p) -> None: ...
    def straight_feed(self, *p) -> None: ...
    def arc_feed(self, *p) -> None: ...


def map_tools(home: str, tools: dict[int, dict[str, float]]) -> None:
    """Writes the tool table where LinuxCNC's interpreter maps it from: ``$HOME/.tool.mmap``."""
    ids = [-1, *sorted(tools)]
    buffer = bytearray(16 + 1001 * RECORD.size + 1)
    struct.pack_into("=QIi", buffer, 0, 0, len(ids) - 1, 0)
    for i in range(1001):
        number = ids[i] if i < len(ids) else -1
        words = tools.get(number, {})
        pocket = i if i < len(ids) else -1
        values = (0.0, 0.0, words.get("Z", 0.0), *[0.0] * 6, words.get("D", 0.0), 0.0, 0.0, 0)
        RECORD.pack_into(buffer, 16 + RECORD.size * i, number if i else 0, pocket, *values)
    with open(os.path.join(home, ".tool.mmap"), "wb") as file:
        file.write(buffer)
    ctypes.CDLL("libtooldata.so.0")._Z14tool_mmap_userv()


def run(request: dict) -> dict:
    """One program in a fresh interpreter."""
    home = tempfile.mkdtemp()
    os.environ["HOME"] = home
    tools = {int(n): words for n, words in request["tools"].items()}
    map_tools(home, tools)
    path = os.path.join(home, "program.ngc")
    with open(path, "w") as file:
        file.write(request["text"])
    open(os.path.join(home, "oracle.var"), "w").close()
    canon = (SilentCanon if request.get("silent") else Canon)(tools)
    began = time.perf_counter()
    status, line = gcode.parse(path, canon, "G21", "")
    seconds = time.perf_counter() - began
    error = gcode.strerror(status) if status > gcode.MIN_ERROR else None
    return {"ops": canon.ops, "error": error, "line": line, "seconds": seconds}


def main() -> None:
    for text in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)  # the interpreter prints on its own
            os.dup2(null, 2)
            answer = run(json.loads(text))
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answer_text = pipe.read()
        os.waitpid(child, 0)
        print(
            answer_text or json.dumps({"ops": [], "error": "the interpreter crashed", "line": 0, "seconds": 0}),
            flush=True,
        )


if __name__ == "__main__":
    main()
