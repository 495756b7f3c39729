"""Tests of machine tools: ISO 230-2, 230-3 and 230-4, and the R-test of ISO 10791-6, on the twin's machine."""
