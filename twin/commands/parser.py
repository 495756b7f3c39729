"""What the parsers of all commands share."""

import argparse

OVERRIDES = """\
overrides are key=value; a quantity's key ends in its unit:
  scenario=nist_plate                 another part (`twin show` lists parts, machines, tools, materials ...)
  machine=hurco material=ti_6al_4v    another machine, another material
  tools.2.stick_out_mm=45             one number of the composed configuration
  model.resolution_mm=0.5             how it is computed: coarser and faster"""


def command_parser(command: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Parser of `twin COMMAND`."""
    return argparse.ArgumentParser(
        prog=f"twin {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
