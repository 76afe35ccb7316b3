"""Many tasks in other processes, here or on a cluster: every executor is one of `concurrent.futures`."""
