const GOLDEN = 0x9e3779b97f4a7c15n;
const GOLDEN_HIGH = 0x9e3779b9;
const GOLDEN_LOW = 0x7f4a7c15;
const MIX_HIGH = 0xd6e8feb8;
const MIX_LOW = 0x6659fd93;

/**
 * Fill in the signs of noise, 1 or -1, for the coefficients of a frame and channel (FORMAT.md §8.6).
 *
 * `place` counts frames and channels of the whole sound. The 64 bits of the formula are two halves here.
 */
export function fillSigns(signs: Int8Array, place: number): void {
  const first = BigInt.asUintN(64, (BigInt(place) * BigInt(signs.length) + 1n) * GOLDEN);
  let high = Number(first >> 32n);
  let low = Number(first & 0xffffffffn);
  for (let u = 0; u < signs.length; u++) {
    const mixed = (low ^ high) >>> 0;
    const lower = (mixed & 0xffff) * MIX_LOW;
    const middle = (mixed >>> 16) * MIX_LOW + (lower - (lower & 0xffff)) / 65536;
    const upper = (middle - (middle & 0xffff)) / 65536;
    const product = (Math.imul(mixed, MIX_HIGH) + Math.imul(high, MIX_LOW) + upper) | 0; // bits 32 to 63
    signs[u] = product < 0 ? -1 : 1;
    const sum = low + GOLDEN_LOW;
    low = sum >>> 0;
    high = (high + GOLDEN_HIGH + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }
}
