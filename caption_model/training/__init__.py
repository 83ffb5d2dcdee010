"""Training: from cleaned posts and described photos to bundles."""
