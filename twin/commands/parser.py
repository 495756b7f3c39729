"""What the parsers of all commands share."""

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

PICTURES = (".png", ".svg", ".pdf")

OVERRIDES = """\
overrides are key=value; a quantity's key ends in its unit:
  scenario=nist_plate                 another part (`twin show` lists parts, machines, tools, materials ...)
  machine=hurco material=ti_6al_4v    another machine, another material
  process.feed_pct=80                 feed override; of one tool: +process.tools.2.feed_pct=80
  tools.2.stick_out_mm=45             one number of the composed configuration
  model.removal.resolution_mm=0.5     how it is computed: coarser and faster"""


def picture_file(text: str) -> Path:
    """A file that a picture can be written to, for the ``type`` of an option.

    Raises:
        argparse.ArgumentTypeError: no folder there, or a kind of picture that nobody draws.
    """
    file = Path(text)
    if file.suffix.lower() not in PICTURES:
        raise argparse.ArgumentTypeError(f"{text}: a picture ends in {', '.join(PICTURES)}")
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: there is no folder {file.parent}")
    return file


def command_parser(command: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Parser of `twin COMMAND`."""
    return _Parser(
        prog=f"twin {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as every other error; a ``--key=value`` is told how overrides are written."""
        word = re.search(r"unrecognized arguments: --(\S+=\S+)", message)
        hint = f"overrides have no dashes: {word[1]}" if word else f"`{self.prog} --help` lists what it takes"
        print(f"error: {message} ({hint})", file=sys.stderr)
        raise SystemExit(2)
