"""`twin serve`: a run's prediction as a server that any client can read."""

from pathlib import Path
from typing import Any

from twin.commands.parser import command_parser
from twin.errors import InputError

SUMMARY = "the twin's state for MTConnect and OPC UA clients"
EXAMPLE = "twin serve latest protocol=mtconnect port=5000"
EPILOG = """\
  protocol=mtconnect                  an agent: /probe /current /sample /assets (default)
  protocol=opcua                      a machine tool of OPC 40501-1, with user=NAME encrypted
  port=5000                           0: the system chooses one
  host=127.0.0.1                      who else than this computer may read: docs/serve.md
  time_factor_ratio=10                the program runs ten times as fast
  period_ms=10                        between rows (default 1)
  wait_s=30                           the machine stands for so long before its program begins
The program of the run begins to run when the server does, or after wait_s; Ctrl-C ends it. docs/serve.md"""
PLAYED = ("period", "time_factor", "wait")


def main(words: list[str]) -> None:
    """Play a run and serve it until it is interrupted."""
    parser = command_parser("serve", "Serve a run's prediction as if the machine ran now.", EPILOG)
    parser.add_argument("run", metavar="RUN", help="folder of a finished run, or `latest`")
    parser.add_argument("options", nargs="*", metavar="key=value", help="protocol, port and what it takes")
    parser.add_argument("--outputs", type=Path, help="folder of run folders (default: outputs)")
    chosen = parser.parse_intermixed_args(words)
    options = _options(chosen.options)
    protocol = options.pop("protocol", "mtconnect")

    import threading

    from hardware.serve.state import PlayedRun, PlayOptions
    from twin.config import build
    from twin.resources import outputs_folder
    from twin.runs import find_run

    play = {key: options.pop(key) for key in list(options) if key.rsplit("_", 1)[0] in PLAYED}
    stop = threading.Event()
    server: Any
    schema: Any
    if protocol == "mtconnect":
        from hardware.serve.mtconnect_agent import serve as server
        from hardware.serve.mtconnect_options import MtconnectServerOptions as schema
    elif protocol == "opcua":
        from hardware.serve.opcua_options import OpcuaServerOptions as schema
        from hardware.serve.opcua_server import serve as server
    else:
        raise InputError(f"there is no protocol {protocol!r}", remedy="protocol=mtconnect or protocol=opcua")
    settings = build(schema, options, "serve")
    folder = find_run(chosen.run, chosen.outputs or outputs_folder())
    state = PlayedRun(folder, build(PlayOptions, play, "serve"))
    try:
        server(state, settings, stop, lambda url: print(f"serving {state.run} of {state.machine} at {url}", flush=True))
    except KeyboardInterrupt:
        stop.set()
        print("ended")


def _options(words: list[str]) -> dict[str, Any]:
    """``port=5000`` as key and value."""
    import yaml

    found: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise InputError(f"'{word}' is no key=value", remedy="as port=5000")
        found[key] = yaml.safe_load(text)
    return found
