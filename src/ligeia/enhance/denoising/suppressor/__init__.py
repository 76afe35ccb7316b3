"""The suppressor: a small network that has heard speech in many noises, and says what of each spectrum is speech."""
