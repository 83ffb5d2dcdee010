"""The published systems that this project descends from, each a short configuration over shared pieces."""
