"""Our own corpus (``datasets/corpus``) as training reads it."""
