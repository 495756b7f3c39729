"""`twin jobs`: job orders in and actuals out, through OPC UA Job Control (ISA-95)."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "job orders and actuals over OPC UA"
EXAMPLE = "twin jobs send opc.tcp://127.0.0.1:4840/ orders.json"
EPILOG = """\
  twin jobs serve latest port=4840          a machine that takes orders of that run's part and makes it in the twin
                                            (time_factor_ratio=100: so many times faster)
  twin jobs send URL orders.json --start    ISA-95 job orders (JSON) to a machine; --start: they may begin
  twin jobs responses URL --output FILE     what became of them, as ISA-95 job responses (JSON)
  twin jobs watch URL --seconds 600         every change of an order's state, as the machine's events tell it
  twin jobs Abort URL ORDER --comment TEXT  also Start, RevokeStart, Pause, Resume, Stop, Cancel, Clear
docs/shop.md"""

METHODS = ("Start", "RevokeStart", "Pause", "Resume", "Stop", "Abort", "Cancel", "Clear")  # of OPC 10031-4
ACTIONS = ("serve", "send", "responses", "watch", *METHODS)


def main(words: list[str]) -> None:
    """Serve a machine that takes job orders, or talk to one."""
    parser = command_parser("jobs", "ISA-95 job control over OPC UA (OPC 10031-4).", EPILOG)
    parser.add_argument("action", metavar="ACTION", help="serve, send, responses, watch, or a command on an order")
    parser.add_argument("place", metavar="RUN or URL", help="serve: the run; else the machine's address")
    parser.add_argument("words", nargs="*", metavar="ORDER, FILE or key=value", help="what the action takes")
    parser.add_argument("--start", action="store_true", help="send: the orders may begin")
    parser.add_argument("--comment", default="", help="why, kept with the order")
    parser.add_argument("--output", type=Path, metavar="FILE.json", help="responses: where to (default: the screen)")
    parser.add_argument("--seconds", type=float, default=60.0, help="watch: how long (default 60)")
    parser.add_argument("--timeout-s", type=float, default=10.0, help="longest wait for an answer (default 10)")
    parser.add_argument("--outputs", type=Path, help="folder of run folders (default: outputs)")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError

    if options.action == "serve":
        _serve(options.place, options.words, options.outputs)
        return
    if options.action not in ACTIONS:
        raise InputError(f"there is no action '{options.action}'", remedy="one of " + ", ".join(ACTIONS))
    if not options.seconds >= 0:
        raise InputError(f"--seconds is {options.seconds:g}", remedy="a number from zero on")
    from hardware.opcua_jobs import command, responses, send_order, watch
    from hardware.opcua_options import OpcuaOptions
    from twin.production.shop.isa95 import JobResponse, read_orders, responses_text

    machine = OpcuaOptions(url=options.place, timeout=options.timeout_s)
    if options.action == "responses" and not options.words:
        text = responses_text(responses(machine))
        if options.output:
            options.output.write_text(text)
        else:
            print(text, end="")
        return
    if options.action == "watch" and not options.words:

        def tell(one: JobResponse) -> None:
            print(f"{one.order}: {one.state} {one.substate}".rstrip() + f", {one.quantity or 0} made", flush=True)

        watch(machine, tell, options.seconds)
        return
    if len(options.words) != 1:
        raise InputError(f"{options.action} of what?", remedy="one file (send) or one order")
    if options.action == "send":
        for order in read_orders(Path(options.words[0])):
            send_order(machine, order, start=options.start, comment=options.comment)
            print(f"{order.id}: taken")
        return
    command(machine, options.action, options.words[0], options.comment)
    print(f"{options.words[0]}: {options.action} done")


def _serve(run: str, words: list[str], outputs: Path | None) -> None:
    import threading

    import yaml

    from hardware.serve.job_control import JobControl
    from hardware.serve.opcua_jobs import serve_jobs
    from hardware.serve.opcua_options import OpcuaServerOptions
    from hardware.serve.run_maker import run_maker
    from twin.config import build
    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.runs import find_run

    if bad := [word for word in words if "=" not in word]:
        raise InputError(f"'{bad[0]}' is no key=value", remedy="as port=4840")
    settings = {key: yaml.safe_load(value) for key, _, value in (word.partition("=") for word in words)}
    factor = settings.pop("time_factor_ratio", 1.0)
    if not isinstance(factor, (int, float)) or factor <= 0:
        raise InputError(f"time_factor_ratio is {factor!r}", remedy="a number above 0")
    master, make = run_maker(find_run(run, outputs or outputs_folder()))
    control, stop = JobControl("twin", (master,)), threading.Event()
    try:
        serve_jobs(
            control,
            make,
            build(OpcuaServerOptions, settings, "jobs"),
            stop,
            lambda url: print(f"taking orders of {master} at {url}", flush=True),
            float(factor),
        )
    except KeyboardInterrupt:
        stop.set()
        print("ended")
