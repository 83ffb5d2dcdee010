"""What an app or an API calls: jobs, cards, history, voices, one captioner for many visitors."""
