"""Lets the folders below import cutting_cases."""
