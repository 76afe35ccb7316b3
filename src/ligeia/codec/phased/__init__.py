"""The siren as a codec: a phase that is fitted to the sound, and sines of it, whose weights are coded (FORMAT.md §8.7).

- `contour`: the phase with which the sines of a block take the fewest bits, found by dynamic programming;
- `bending`: a sound in the time of its phases, which is read like any other;
- `encoder`: which frames, whether it pays to bend time, and the stream for a rate, an SNR or a quality;
- `coding`: payloads, and their way back into parameters.
"""
