"""Looking at photos: opening them, the image encoder, its heads, and the cache of its features."""
