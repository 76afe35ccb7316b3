"""libsndfile used strictly from front to back."""

import soundfile


class ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile states no types
    """A sound file that is never moved in.

    The `soundfile` package seeks to the new position after each block that it reads or writes, which
    resets libsndfile's MP3 decoder: every block would begin with a burst of wrong samples.
    """

    def seekable(self) -> bool:
        """False, which keeps `soundfile` from seeking."""
        return False
