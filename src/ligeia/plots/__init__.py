"""Pictures: the only room that imports matplotlib, and only inside functions."""
