"""Temperatures of machine and part, and what they do to the place where the tool cuts."""
