"""The transform codec: quantised MDCT coefficients, entropy-coded with learned contexts (FORMAT.md §8).

A sound on its way into a stream, by file:

- `presets`: what kind of sound it is, and which steps a quality means;
- `encoder`: the passes over it; `analysis`: frame size, window switching (`dsp.window_switching`), MDCT (`dsp.mdct`),
  mid/side; `rate_control`: the steps for a rate or an SNR;
- `scale_factors`: bands, their energies, and the steps that follow from them;
- `quantiser`: coefficients to integers and back, dead zone, noise filling;
- `syntax`: the order of symbols, for both directions; `context_model`: how probable each of them is;
- `entropy`: symbols to bytes and back, and rate-distortion-optimised rounding;
- `dependent`: what takes the place of `syntax`, `context_model` and rounding for one voice with the least error;
- `coding`: payloads, and their way back into samples.

A bit of a coefficient is decided in `quantiser.quantise` or `entropy.optimal_rounding`, and costs what
`context_model.ContextNetwork.rows` says. `material`, `trainable` and `learning` train the networks of `context_model`.
"""
