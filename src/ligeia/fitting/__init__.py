"""One sound becomes one function: the only optimiser loop of the package and what it needs.

The room is called `fitting` so that the function `ligeia.fit` and the room never compete for one name.
"""
