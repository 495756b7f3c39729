"""The two compiled pieces of the bench, built once a machine and kept in the twin's cache."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import twin
from twin.errors import InputError

HERE = Path(__file__).parent
COMPONENT, SHIM = HERE / "gpl" / "twinlock.comp", HERE / "fasttime.c"
LONGEST = 120.0  # [s]
INSTALL = "apt-get install --no-install-recommends "


def require(program: str, package: str) -> str:
    """Path of ``program``.

    Raises:
        InputError: it is not installed; names the Debian package.
    """
    found = shutil.which(program)
    if found is None:
        raise InputError(f"the bench needs {program}, which is not installed", remedy=INSTALL + package)
    return found


def built() -> tuple[Path, Path]:
    """The HAL component and the library that makes time run faster, compiled where they are not yet.

    Raises:
        InputError: a compiler is missing, or fails.
    """
    linuxcnc = Path(require("linuxcnc", "linuxcnc-uspace"))
    key = hashlib.sha256(COMPONENT.read_bytes() + SHIM.read_bytes() + linuxcnc.read_bytes()).hexdigest()[:16]
    folder = twin.CACHE / "linuxcnc" / key
    component, shim = folder / "twinlock.so", folder / "fasttime.so"
    if not (component.is_file() and shim.is_file()):
        require("halcompile", "linuxcnc-uspace-dev")
        require("gcc", "gcc")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            shutil.copy(COMPONENT, scratch)
            _compile(["halcompile", "--compile", COMPONENT.name], scratch)
            _compile(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", SHIM.stem + ".so", str(SHIM), "-ldl"], scratch)
            for target in (component, shim):
                os.replace(Path(scratch) / target.name, target)
    return component, shim


def _compile(command: list[str], folder: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise InputError(f"{command[0]} did not end within {LONGEST:.0f} s") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise InputError(f"{command[0]} failed: {lines[-1] if lines else 'no message'}")
