"""The page of what was compared with recordings: `python docs/make_validation.py [NAME ...]`, minutes.

Each section is what one script of tests/validation prints now, from the recordings. With names only those are made
again, the other sections stay as they are.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import twin
from twin.data import registry

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("validation_tables.md")
TIMEOUT = 3600  # [s] of one script
HEAD = f"""\
# Against recordings

Every table is printed by the script above it, from the recordings, by version {twin.__version__} of the twin;
`make validation` makes the page again. What is *verified* against closed forms, other programs and published cases
stands with each page of the [theory](theory/index.md); here stands only what was *measured*.

"""


@dataclass(frozen=True)
class Section:
    """One comparison."""

    script: str  # of tests/validation
    title: str
    says: str
    recordings: tuple[str, ...]  # folders of the registry; none: our own


SECTIONS = (
    Section(
        "identify_hurco",
        "Time of the cut",
        "Windows of uninterrupted cutting in the logs of NIST's Hurco. The controller is identified on plates 1 and "
        "10; the others are predicted.",
        ("nist_plates",),
    ),
    Section(
        "validate_plates",
        "The same logs through `twin validate`",
        "Windows of cutting, and stretches with rapids among them, which come out a few percent too short.",
        ("nist_plates",),
    ),
    Section(
        "linuxcnc_traces",
        "Motion",
        "Traces at 1 kHz of what LinuxCNC commanded, with the limits of its own configuration and nothing fitted.",
        (),
    ),
    Section(
        "nist_holes",
        "Holes of the NIST plates",
        "Two laboratories measured eight plates. Nothing is fitted. With long tools the size is wrong: what chatter "
        "does to the surface is not modelled.",
        ("nist_plates",),
    ),
    Section(
        "nist_inspection",
        "What a fitted law of the opening explains",
        "Three numbers fitted on plates 1, 10 and 16, held against the plates that they have not seen. A fit, not "
        "physics.",
        ("nist_plates",),
    ),
    Section(
        "mazak_spindle",
        "Temperature of a spindle",
        "Three days of NIST's Mazak, each predicted from the other two.",
        ("nist_mazak_spindle",),
    ),
    Section(
        "nasa_wear",
        "Flank wear",
        "Milling tools of NASA's PCoE, each case left out of the fit in turn.",
        ("nasa_milling_wear", "tool_life_ksf"),
    ),
    Section(
        "nasa_life",
        "Life of tools",
        "The same tools: when the wear passes a limit, by a survival model and by the law of wear, each case left out.",
        ("nasa_milling_wear",),
    ),
    Section(
        "mazak_faults",
        "False alarms",
        "Charts of indicators on three days of a machine that is presumed healthy. No recording of a known fault was "
        "at hand.",
        ("nist_mazak_spindle",),
    ),
)


def page(printed: dict[str, str]) -> str:
    """The page from what each script printed."""
    return HEAD + "\n".join(_section(section, printed[section.script]) for section in SECTIONS)


def printed_before() -> dict[str, str]:
    """Script -> what it printed when the page was made."""
    text = PAGE.read_text() if PAGE.is_file() else ""
    return dict(re.findall(r"python tests/validation/(\w+)\.py\n```\n\n```text\n(.*?)\n```$", text, re.DOTALL | re.M))


def run(script: str) -> str:
    """What the script prints.

    Raises:
        SystemExit: it failed.
    """
    command = [sys.executable, f"tests/validation/{script}.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise SystemExit(f"{script}: {done.stderr.strip().splitlines()[-1]}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def _section(section: Section, printed: str) -> str:
    rows = [registry()[name] for name in section.recordings]
    credits = "; ".join(f"{row.credit} ({row.licence})" for row in rows) or "our own, made with LinuxCNC 2.9"
    return (
        f"## {section.title}\n{section.says}\n\n```sh\npython tests/validation/{section.script}.py\n```\n\n"
        f"```text\n{printed}\n```\n\nRecordings: {credits}.\n"
    )


def main() -> None:
    known = [section.script for section in SECTIONS]
    wanted = sys.argv[1:] or known
    if unknown := set(wanted) - set(known):
        raise SystemExit(f"there is no {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    printed = dict.fromkeys(known, "not made yet") | printed_before()
    for script in wanted:
        print(f"{script} ...", flush=True)
        printed[script] = run(script)
        PAGE.write_text(page(printed))


if __name__ == "__main__":
    main()
