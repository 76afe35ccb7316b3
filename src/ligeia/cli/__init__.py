"""The command `ligeia`: one thin file per verb. Each parses, calls the API, and prints."""
