"""One sound becomes one function: recipes, plans, objectives and closed forms; a client of `training`.

The room is called `fitting` so that the function `ligeia.fit` and the room never compete for one name.
"""
