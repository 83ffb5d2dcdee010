"""Caption whole folders: plan → read ahead → caption → journal → sidecars → table. Knows of no command line."""
