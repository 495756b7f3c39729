"""A LinuxCNC of one's own: in namespaces, so that several run side by side and nothing of the host is touched."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hardware.linuxcnc.build import built, require
from twin.errors import InputError

HERE = Path(__file__).parent
SCRIPTS = ("panel.py", "check.py", "samples.py")
PATIENCE = 15.0  # [s] for an orderly stop
SHOWN = 6  # lines of its log that an error quotes
NAMESPACES = ["--fork", "--kill-child", "--pid", "--mount-proc", "--ipc", "--net", "--mount"]
AS_USER = ["--user", "--map-current-user", "--keep-caps"]


class Sandbox:
    """Files, processes and pipes of one controller. Made by :meth:`begin`, ended by :meth:`end`.

    Args:
        files: of the machine, name -> text (:func:`hardware.linuxcnc.machine_files.machine_files`).
        program: text of the NC program.
        time_factor: machine time over wall time.
        kinds: what the samplers take, one text of types a sampler.
    """

    def __init__(self, files: Mapping[str, str], program: str, time_factor: float, kinds: list[str]):
        require("unshare", "util-linux")
        component, shim = built()
        self.folder = Path(tempfile.mkdtemp(prefix="twin-bench-"))
        self.tmp = self.folder / "tmp"
        machine = self.tmp / "cfg"
        machine.mkdir(parents=True)
        for name, text in files.items():
            (machine / name).write_text(text)
        for script in SCRIPTS:
            shutil.copy(HERE / "gpl" / script, machine)
            (machine / script).chmod(0o755)
        for library in (component, shim):
            shutil.copy(library, self.tmp)
        (self.tmp / "program.ngc").write_text(program)
        for folder in (self.folder, self.tmp, machine):
            folder.chmod(0o777)  # as root the controller's processes have another user's rights
        self._time_factor, self._kinds = time_factor, kinds
        self._process: subprocess.Popen[bytes] | None = None
        self.events = self.samples = -1  # descriptors to read from

    @property
    def plant_socket(self) -> Path:
        """Where the controller looks for its plant."""
        return self.tmp / "plant.sock"

    def begin(self) -> None:
        """Start the controller."""
        self.events, events = os.pipe()
        self.samples, samples = os.pipe()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_"))},
            "TWIN_TIME_FACTOR": repr(self._time_factor),
            "TWIN_EVENTS": str(events),
            "TWIN_SAMPLES": str(samples),
            "TWIN_SAMPLED": " ".join(self._kinds),
        }
        user = [] if os.geteuid() == 0 else AS_USER
        try:
            self._process = subprocess.Popen(
                ["unshare", *user, *NAMESPACES, "bash", str(HERE / "sandbox.sh"), str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=(self.folder / "unshare.log").open("wb"),
                pass_fds=[events, samples],
                env=environment,
                start_new_session=True,  # Ctrl-C is ours to handle
            )
        finally:
            os.close(events)
            os.close(samples)

    @property
    def runs(self) -> bool:
        """Whether the controller is up."""
        return self._process is not None and self._process.poll() is None

    def ask(self, do: str, **what: Any) -> None:
        """Have the panel do something; a controller that has ended does nothing any more."""
        assert self._process and self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **what}).encode() + b"\n")
            self._process.stdin.flush()

    def end(self) -> bool:
        """Stop the controller in order, or, after a while, by force; return whether it was in order."""
        process, orderly = self._process, True
        if process is not None:
            self.ask("quit")
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                orderly = False
                process.kill()  # what it unshared goes with it
                process.wait(PATIENCE)
            assert process.stdin
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            os.close(self.events)
            os.close(self.samples)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)
        return orderly

    def failure(self) -> InputError:
        """Why the controller did not start, from its logs."""
        refused = (self.folder / "unshare.log").read_text(errors="replace").strip()
        if "unshare:" in refused or "Operation not permitted" in refused:
            return InputError(
                f"namespaces are not permitted here: {refused.splitlines()[0]}",
                remedy="run as root, or as a user who may make user namespaces (sysctl user.max_user_namespaces, and "
                "kernel.unprivileged_userns_clone where there is one); a container needs the capability SYS_ADMIN",
            )
        log = self.tmp / "linuxcnc.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.is_file() else [refused]
        return InputError("LinuxCNC did not start: " + " | ".join(lines[-SHOWN:]))
