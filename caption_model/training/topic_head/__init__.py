"""The topic head of an image encoder: which topics a photo shows."""
