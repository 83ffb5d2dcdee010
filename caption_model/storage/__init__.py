"""Files that survive a crash: atomic replacement, locks, the journal of a run."""
