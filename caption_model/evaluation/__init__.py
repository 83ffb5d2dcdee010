"""What the models are worth, measured."""
