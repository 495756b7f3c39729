"""The bridge to real controllers and recordings."""
