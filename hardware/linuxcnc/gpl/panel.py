#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The operator's panel of a controller without a screen: LinuxCNC's "display", which it lives as long as.

Standard input has one JSON object a line, what to do; the descriptor in TWIN_EVENTS gets one a line, what happened:

    {"do": "run", "file": ..., "before": [MDI blocks], "prefill_s": ...}    {"event": "started", "cycle": ...}
    {"do": "abort"}   {"do": "set", "pin": ..., "value": ...}               {"event": "ended", "cycle": ..., ...}
    {"do": "quit"}, or the end of the input                                 {"event": "error", "text": ...}
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import hal
import linuxcnc

POLL = 0.005  # [s]
PATIENCE = 30.0  # [s] for a change of state
ADAPTIVE = "M52 P1"
HERE = os.path.dirname(os.path.abspath(__file__))


class NotReady(Exception):
    """The machine does not do what it is told to."""


class Panel:
    """One controller."""

    def __init__(self, events: int) -> None:
        self.command, self.state, self.errors = linuxcnc.command(), linuxcnc.stat(), linuxcnc.error_channel()
        self._events = os.fdopen(events, "w", buffering=1)
        self._asked: queue.Queue[dict[str, Any]] = queue.Queue()
        self.failed = False  # the controller reported an error since the program began
        self.component = hal.component("twin-panel")
        self.component.ready()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, event: str, **what: Any) -> None:
        self._events.write(json.dumps({"event": event, "cycle": hal.get_value("lock.cycles"), **what}) + "\n")

    def _listen(self) -> None:
        for line in sys.stdin:
            self._asked.put(json.loads(line))
        self._asked.put({"do": "quit"})

    def serve(self) -> None:
        """Do what is asked until it is to quit."""
        self.wait_until_up()
        try:
            self.switch_on()
        except NotReady as trouble:
            self.tell("unusable", text=str(trouble))
            return
        self.tell("ready")
        while (asked := self.next(block=True)) and asked["do"] != "quit":
            if asked["do"] == "run":
                try:
                    if self.run(asked) == "quit":
                        break
                except NotReady as trouble:
                    self.tell("ended", finished=False, why=str(trouble), line=0)
            self.do(asked)
        self.report_errors()
        self.command.abort()
        self.command.state(linuxcnc.STATE_ESTOP)
        self.command.wait_complete(1)

    def next(self, block: bool) -> dict[str, Any] | None:
        with contextlib.suppress(queue.Empty):
            return self._asked.get(block)
        return None

    def do(self, asked: dict[str, Any]) -> None:
        """What can be asked at any time."""
        if asked["do"] == "abort":
            self.command.abort()
        elif asked["do"] == "set":
            hal.set_p(asked["pin"], str(asked["value"]))

    def wait_until_up(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.state.poll()
                return
            except (linuxcnc.error, SystemError):
                if time.monotonic() > end:
                    raise
                time.sleep(POLL)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            self.state.poll()
            self.report_errors()
            if condition():
                return
            if time.monotonic() > end:
                raise NotReady(what)
            time.sleep(POLL)

    def report_errors(self) -> None:
        while error := self.errors.poll():
            self.failed |= error[0] in (linuxcnc.OPERATOR_ERROR, linuxcnc.NML_ERROR)
            self.tell("error", text=error[1].strip())

    def switch_on(self) -> None:
        """Out of the emergency stop, on, all axes homed."""
        for state in (linuxcnc.STATE_ESTOP_RESET, linuxcnc.STATE_ON):
            self.command.state(state)
            self.command.wait_complete()
        self.wait(lambda: self.state.task_state == linuxcnc.STATE_ON, "the machine does not switch on")
        self.mode(linuxcnc.MODE_MANUAL)
        self.command.teleop_enable(0)  # homing is done joint by joint
        self.command.wait_complete()
        self.command.home(-1)
        self.wait(lambda: self.switched_off() or all(self.state.homed[: self.state.joints]), "homing does not end")
        if self.switched_off():
            raise NotReady("the machine switched itself off while homing")
        self.command.teleop_enable(1)
        self.command.wait_complete()

    def switched_off(self) -> bool:
        return self.state.task_state != linuxcnc.STATE_ON

    def mode(self, mode: int) -> None:
        self.command.mode(mode)
        self.command.wait_complete()

    def run(self, asked: dict[str, Any]) -> str:
        """Run a program to its end; return the last thing that was asked meanwhile ('quit' ends the panel)."""
        checked = subprocess.run(
            [os.path.join(HERE, "check.py"), asked["file"], self.state.ini_filename], capture_output=True, text=True
        )
        if checked.returncode:
            line, _, text = checked.stdout.partition(" ")
            self.tell("refused", line=int(line or 0), text=text.strip() or "the interpreter crashed")
            return "refused"
        self.failed = False
        self.mode(linuxcnc.MODE_MDI)
        for block in asked["before"]:
            self.command.mdi(block)
            self.command.wait_complete()
        adaptive = ADAPTIVE in asked["before"]
        if adaptive:  # a controller that has little time has been seen to forget it
            self.wait(lambda: self.state.adaptive_feed_enabled, "the controller does not take up " + ADAPTIVE)
        self.mode(linuxcnc.MODE_AUTO)
        self.command.program_open(asked["file"])
        self.command.wait_complete()
        if asked["prefill_s"] > 0:  # Task reads ahead before anything moves: else the start depends on who is faster
            hal.set_p("motion.feed-inhibit", "1")
        self.command.auto(linuxcnc.AUTO_RUN, 0)
        self.wait(lambda: self.state.interp_state != linuxcnc.INTERP_IDLE, "the program does not start")
        time.sleep(asked["prefill_s"])
        hal.set_p("motion.feed-inhibit", "0")
        self.tell("started")
        return self.watch(adaptive)

    def watch(self, adaptive: bool) -> str:
        """Until the program is over, one way or the other; say if an ``adaptive`` feed is no longer heard."""
        paused, reached = None, 0
        while True:
            self.state.poll()
            self.report_errors()
            if adaptive and not self.state.adaptive_feed_enabled:
                adaptive = False
                self.tell("error", text=f"the controller has switched {ADAPTIVE} off: the feed is not adapted any more")
            if not self._asked.empty() and (asked := self.next(block=False)):
                if asked["do"] == "quit":
                    self.tell("ended", finished=False, why="stopped from outside", line=reached)
                    return "quit"
                self.do(asked)
            if self.state.task_paused != paused:
                paused = self.state.task_paused
                if paused:  # M0 and M1 wait for the operator: nobody is there
                    self.command.auto(linuxcnc.AUTO_RESUME)
            reached = self.state.motion_line or reached
            idle = self.state.interp_state == linuxcnc.INTERP_IDLE and self.state.exec_state == linuxcnc.EXEC_DONE
            if self.switched_off():
                why = "the plant is gone" if not hal.get_value("lock.ok") else "the machine switched itself off"
                time.sleep(0.1)
                self.report_errors()
                self.tell("ended", finished=False, why=why, line=reached)
                return "off"
            if idle and self.state.queue == 0 and self.state.inpos:
                self.report_errors()
                why = "the controller stopped the program" if self.failed else ""
                self.tell("ended", finished=not self.failed, why=why, line=reached)
                return "ended"
            time.sleep(POLL)


def main() -> None:
    events = int(os.environ["TWIN_EVENTS"])
    samples = os.environ["TWIN_SAMPLES"]
    with subprocess.Popen(
        [os.path.join(HERE, "samples.py"), samples, *os.environ["TWIN_SAMPLED"].split()],
        stdin=subprocess.DEVNULL,
        pass_fds=[int(samples)],
    ) as reader:
        try:
            Panel(events).serve()
        finally:
            reader.terminate()


if __name__ == "__main__":
    main()
