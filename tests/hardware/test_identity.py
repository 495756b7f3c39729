"""Fingerprints that tell a recording's program and tables from another's."""

from dataclasses import replace

from hardware.identity import offsets_hash, program_hash, tools_hash
from twin.machine.tool import Tool
from twin.scenario import WorkOffset

TOOL = Tool(number=1, name="T1", kind="flat", diameter=1e-2, n_teeth=2, flute_length=2e-2, stick_out=5e-2)


def test_program():
    text = "G21 G90\nG1 X10 F600\nM30\n"
    assert program_hash(text) == program_hash(text.replace("\n", "\r\n")) == program_hash(text + "\n")
    assert program_hash(text) != program_hash(text.replace("X10", "X10.001"))
    assert program_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing


def test_offsets():
    some = {"G54": WorkOffset(x=1e-3)}
    assert offsets_hash({**some, "G55": WorkOffset()}) == offsets_hash(some)
    assert offsets_hash({"G54": WorkOffset(x=1e-3 + 1e-6)}) != offsets_hash(some)
    assert offsets_hash({"G55": WorkOffset(x=1e-3)}) != offsets_hash(some)
    assert offsets_hash({"G54": WorkOffset(x=-0.0)}) == offsets_hash({})


def test_tools():
    table = {1: TOOL}
    assert tools_hash({1: replace(TOOL, name="another name")}) == tools_hash(table)
    assert tools_hash({1: replace(TOOL, z_offset=1e-4)}) != tools_hash(table)
    assert tools_hash({1: replace(TOOL, diameter=9.98e-3)}) != tools_hash(table)
    assert tools_hash({}) != tools_hash(table)
