"""`twin compensate`: tables for a control, or a corrected program, with the part before and after."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "tables for a control, corrected program"
EXAMPLE = "twin compensate scenario=rib_panel_7075 format=siemens_cec"
EPILOG = """\
formats:
  isg_csv              volumetric errors, ISG and TwinCAT
  siemens_eec          leadscrew error compensation     siemens_cec  over every axis
  siemens_temperature  K0, slope and reference over time
  siemens              siemens_cec of the cold machine, and siemens_temperature
  heidenhain_com       .COM tables and their .CMA       fanuc_pitch  pulses, parameters 3620 to 3624
  linuxcnc_comp        COMP_FILE of each joint          linuxcnc_offsets  external offsets over time
  linuxcnc             linuxcnc_comp of the cold machine, and linuxcnc_offsets
  program              the NC program with moved points
settings are in conf/compensation; yours go before them:
  compensation.step_mm=10 compensation.moment_ratio=1 compensation.tolerance_um=0.2"""


def main(words: list[str]) -> None:
    """Compensate a scenario."""
    parser = command_parser("compensate", "Write what a control takes against the machine's errors.", EPILOG)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="format=NAME and changes to the scenario")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from twin.compensation.job import run_compensate
    from twin.resources import outputs_folder

    run_compensate(options.overrides, outputs=options.outputs or outputs_folder(), conf=options.conf)
