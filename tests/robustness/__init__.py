"""Seeded mutators: whatever people bring ends in captions or in a sentence."""
