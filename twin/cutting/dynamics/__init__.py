"""Vibration of the tool point and of the part: modes, frequency responses, coupling of tool and holder."""
