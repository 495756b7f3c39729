"""Recordings beside the runs that predicted them."""

from hardware.validation.report import report
from hardware.validation.result import Validation
from hardware.validation.validate import validate

__all__ = ["Validation", "report", "validate"]
