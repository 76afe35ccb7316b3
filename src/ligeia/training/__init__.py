"""The one loop for everything that is learned.

State an `Objective` (objective), read a `TrainingConfig` (config), and call `train` (runs): it joins processes, steps,
keeps the best weights and the curve, saves, and resumes exactly after a crash.
"""
