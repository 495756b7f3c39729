"""What a recording is of: fingerprints of program, work offsets and tool table, kept in its header.

A prediction and a recording belong together where all three agree.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from twin.machine.tool import Tool
from twin.scenario import Scenario, WorkOffset

DIGITS = 9  # of a metre: a nanometre is no difference


@dataclass(frozen=True)
class Identity:
    """SHA-256, hexadecimal."""

    program: str
    offsets: str
    tools: str


def identity_of(scenario: Scenario) -> Identity:
    """Of the program and the tables that ``scenario`` gives to a control."""
    return Identity(
        program=program_hash(scenario.program_text),
        offsets=offsets_hash(scenario.part.work_offsets),
        tools=tools_hash(scenario.tools),
    )


def program_hash(text: str) -> str:
    """Of an NC program; ends of lines and blanks at their ends do not count, for controls change them."""
    return _sha256("\n".join(line.rstrip() for line in text.splitlines()).strip())


def offsets_hash(offsets: Mapping[str, WorkOffset]) -> str:
    """Of the work offsets; one that is zero is as good as none."""
    table = {name: [round(v, DIGITS) + 0.0 for v in astuple(offset)] for name, offset in offsets.items()}
    return _sha256(json.dumps({name: row for name, row in sorted(table.items()) if any(row)}))


def tools_hash(tools: Mapping[int, Tool]) -> str:
    """Of what a control's tool table holds: number, length offset, diameter."""
    rows = [[n, round(t.z_offset, DIGITS) + 0.0, round(t.diameter, DIGITS)] for n, t in sorted(tools.items())]
    return _sha256(json.dumps(rows))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
