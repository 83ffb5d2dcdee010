"""Readers of post dumps and research sets, and the pipeline that cleans their captions."""
