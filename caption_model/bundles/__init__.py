"""Trained models on disk: folders of weights, configuration, metrics and a model card, checked by SHA-256."""
