"""Cutter radius compensation."""

from twin.program.control import Control, Words
from twin.program.words import WordError


def switch_compensation(control: Control, code: int, words: Words) -> None:
    if code != 400:
        raise WordError("cutter compensation is not there yet", "")
