"""The one loop for everything that is learned: optimisers, schedules, checkpoints, devices, progress."""
