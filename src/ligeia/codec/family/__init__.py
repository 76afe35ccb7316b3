"""Families of sounds: the file of a model, its members as networks, and the coding that stores a member's code."""
