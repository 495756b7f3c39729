"""The cut in time: vibration, regeneration, loss of contact; and chatter read from the signal."""

from twin.cutting.time_domain.case import Milling
from twin.cutting.time_domain.chatter import Chatter, detect_chatter, growth, once_per_period, spectrum
from twin.cutting.time_domain.recording import RecordedChatter, chatter_in_recording
from twin.cutting.time_domain.simulate import Signals, simulate

__all__ = [
    "Chatter",
    "Milling",
    "RecordedChatter",
    "Signals",
    "chatter_in_recording",
    "detect_chatter",
    "growth",
    "once_per_period",
    "simulate",
    "spectrum",
]
