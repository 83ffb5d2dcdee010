"""Training the descriptive decoder."""
