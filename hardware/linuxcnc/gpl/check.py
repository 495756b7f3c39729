#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Read a whole program with the interpreter of the controller that runs, before anything moves.

usage: check.py PROGRAM INI   (prints "LINE MESSAGE" and exits with 1 where the interpreter stops)
"""

import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

import gcode
import linuxcnc


class Listener:
    """What the interpreter asks and tells of a program that is only read."""

    def __init__(self, parameters: str, axis_mask: int) -> None:
        self.parameter_file, self._axis_mask = parameters, axis_mask
        self._state = linuxcnc.stat()  # maps the tool table of the running controller, which the interpreter reads
        self._state.poll()

    def get_tool(self, pocket: int) -> tuple:
        table = self._state.tool_table
        return tuple(table[pocket]) if 0 <= pocket < len(table) else (-1, *[0.0] * 12, 0)

    def get_axis_mask(self) -> int:
        return self._axis_mask

    def get_external_length_units(self) -> float:
        return 1.0

    get_external_angular_units = get_external_length_units

    def get_block_delete(self) -> bool:
        return bool(self._state.block_delete)

    def check_abort(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def main(program: str, ini: str) -> None:
    found: Any = linuxcnc.ini(ini)
    folder = os.path.dirname(ini)
    parameters = os.path.join(folder, "checked.var")  # the interpreter writes into it
    shutil.copy(os.path.join(folder, found.find("RS274NGC", "PARAMETER_FILE")), parameters)
    mask = sum(1 << "XYZABCUVW".index(letter) for letter in found.find("TRAJ", "COORDINATES"))
    start = found.find("RS274NGC", "RS274NGC_STARTUP_CODE")

    def error(file: str) -> tuple[int, str]:
        result, line = gcode.parse(file, Listener(parameters, mask), "G21", start)
        return line, gcode.strerror(result) if result > gcode.MIN_ERROR else ""

    line, text = error(program)
    if text:
        before = os.path.join(folder, "checked.ngc")
        with open(program) as whole, open(before, "w") as part:
            part.writelines(whole.readlines()[: line - 1])
        # The interpreter names the line after one that it cannot read, but the very line that it cannot execute.
        print(line - 1 if error(before)[1] == text else line, text)
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
