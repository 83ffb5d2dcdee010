"""The HTTP server: photos in, captions out, and sets of photos as jobs that survive a restart."""
