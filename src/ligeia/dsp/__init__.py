"""Signal processing that codec, metrics, networks and enhance share: MDCT, window switching, STFT; numpy only."""
