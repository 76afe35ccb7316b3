"""The service: recordings come in over HTTP, worker processes do the jobs, and a page lets people hear the results."""
