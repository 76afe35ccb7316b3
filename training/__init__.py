"""What is learned once and shipped: scripts that make the model files of the package from recordings."""
