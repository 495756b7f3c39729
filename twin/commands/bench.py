"""`twin bench`: a real controller, a machine or a recording beside the twin, live, recorded and validated."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "a controller, machine or recording beside the twin"
EXAMPLE = "twin bench scenario=freeform_pocket bench=linuxcnc"
EPILOG = """\
  bench=linuxcnc                      a real LinuxCNC in a sandbox, the twin's plant behind it; writes to no machine
  bench=linuxcnc_trunnion             the same with a trunnion table (XYZAC)
  bench=replay file=FILE              a recording (.arrows) or a table (.csv), as if it ran
  bench=opcua url=opc.tcp://...       a machine's OPC UA server; bench=mtconnect url=http://..., bench=mqtt url=mqtt://...
  bench.time_factor_ratio=10          LinuxCNC ten times as fast as real time
The twin machines the scenario first; the recording and the validation lie in the folder of that run. docs/bench.md"""


def main(words: list[str]) -> None:
    """Run the twin, then the bench beside it; record, show the difference, validate."""
    parser = command_parser("bench", "Run a controller, a machine or a recording beside the twin.", EPILOG)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    parser.add_argument("--run", metavar="RUN", help="compare with this finished run, or `latest`, and make none")
    parser.add_argument("--arm", action="store_true", help="let bench.plant.control write to the controller")
    parser.add_argument("--serve", metavar="PROTOCOL[:PORT]", help="serve the twin's state meanwhile: mtconnect, opcua")
    parser.add_argument("--cut", choices=["metal", "nothing"], default="", help="what the machine cuts, for the report")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups: DIR/scenario/NAME.yaml, DIR/bench/...")
    options = parser.parse_intermixed_args(words)

    from hardware.bench_job import bench
    from twin.resources import outputs_folder

    outputs = options.outputs or outputs_folder()
    places = {"outputs": outputs, "conf": options.conf}
    chosen = {"run": options.run, "arm": options.arm, "serve": options.serve, "cut": options.cut}
    raise SystemExit(bench(options.overrides, **chosen, **places))
