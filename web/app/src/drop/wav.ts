/** Return a WAV file, 16 bits, one channel, of samples that are in -1 .. 1. */
export function wavOf(pieces: Float32Array[], rate: number): Blob {
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const tag = (at: number, text: string) => {
    for (let i = 0; i < 4; i += 1) view.setUint8(at + i, text.charCodeAt(i));
  };
  tag(0, "RIFF");
  view.setUint32(4, 36 + 2 * count, true);
  tag(8, "WAVE");
  tag(12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, 2 * count, true);
  let at = 44;
  for (const piece of pieces)
    for (const sample of piece) {
      const clipped = Math.max(-1, Math.min(1, sample));
      view.setInt16(at, Math.max(-32_768, Math.min(32_767, Math.round(clipped * 32_768))), true);
      at += 2;
    }
  return new Blob([view.buffer], { type: "audio/wav" });
}
