"""Training the social decoder."""
