"""The streams of the lapped network: what is stored are whole numbers, predicted by a small network in integers."""
