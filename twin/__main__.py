"""The `twin` command."""

import atexit
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

from twin.errors import InputError, nearest

COMMANDS = (
    "run",
    "sweep",
    "show",
    "explain",
    "new",
    "view",
    "results",
    "sensitivity",
    "robust",
    "search",
    "report",
    "inspect",
    "cutter",
    "stability",
    "optimise",
    "compensate",
    "machinetest",
    "bench",
    "calibrate",
    "validate",
    "serve",
    "life",
    "faults",
    "quote",
    "line",
    "schedule",
    "batch",
    "jobs",
    "history",
    "trace",
    "oee",
    "board",
)  # modules of twin/commands, in the order of the help


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0 done, 2 bad input, 130 interrupted)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] not in COMMANDS:
        hint = nearest(words[0], COMMANDS)
        print(f"error: there is no command '{words[0]}' ({hint}`twin` lists them)", file=sys.stderr)
        return 2
    try:
        import_module(f"twin.commands.{words[0]}").main(words[1:])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    return 0


def process() -> NoReturn:
    """Run the command as a process of its own, which ends without taking JAX apart: that costs 0.6 s.

    A closed terminal and `kill` end it as Ctrl-C does: what it has begun is taken back.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # not ignored, as under nohup
            signal.signal(number, signal.default_int_handler)
    status = main()
    atexit._run_exitfuncs()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(status)


def _help() -> str:
    lines = [
        "usage: twin COMMAND [key=value ...] [--flag ...]",
        "",
        f"{__doc__} It reads a real NC program and predicts time, forces, heat, error and the inspection report.",
        "",
        "commands:",
    ]
    commands = {name: import_module(f"twin.commands.{name}") for name in COMMANDS}
    widest = max(len(command.SUMMARY) for command in commands.values())
    lines += [f"  {name:<11} {command.SUMMARY:<{widest}}  {command.EXAMPLE}" for name, command in commands.items()]
    return "\n".join([*lines, "", "`twin COMMAND --help` tells more."])


if __name__ == "__main__":
    process()
