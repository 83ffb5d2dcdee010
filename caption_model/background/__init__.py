"""Long work for the app, in processes of their own: pages answer meanwhile, and whoever looks sees how far it is."""
