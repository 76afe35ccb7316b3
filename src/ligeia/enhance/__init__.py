"""A better sound from a worse one: denoise, restore, extend. Each is f(audio, ...) -> Enhanced(audio, report)."""
