"""Where conf/, scenarios/ and outputs/ are, in a checkout and in an installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def shared_folder(name: str) -> Path:
    """Folder ``name`` ("conf" or "scenarios"): of the checkout, else as carried in the wheel."""
    in_checkout = _CHECKOUT / name
    return in_checkout if (_CHECKOUT / "pyproject.toml").is_file() else _PACKAGE / "_share" / name


def outputs_folder() -> Path:
    """Folder for runs: ``outputs`` of the checkout, else of the working directory."""
    in_checkout = (_CHECKOUT / "pyproject.toml").is_file()
    return (_CHECKOUT if in_checkout else Path.cwd()) / "outputs"
