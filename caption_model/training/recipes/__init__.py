"""Whole trainings from raw data to bundles."""
