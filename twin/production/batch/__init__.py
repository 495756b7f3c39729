"""Decisions within a batch: run, slow down, change the tool, warm up, measure again, or stop; part by part."""
