"""Training the critic."""
