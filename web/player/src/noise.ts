const GOLDEN = 0x9e3779b97f4a7c15n;
const GOLDEN_HIGH = 0x9e3779b9;
const GOLDEN_LOW = 0x7f4a7c15;
const MIX_HIGH = 0xd6e8feb8;
const MIX_LOW = 0x6659fd93;

/** The signs of noise, by the place of a coefficient in the whole sound: 64 bits in two halves (FORMAT.md §8.6). */
export class NoiseSigns {
  private high = 0;
  private low = 0;

  /** Go to a coefficient of the sound; `frame` counts frames and channels of the whole sound, which may be many. */
  seek(frame: number, frameSize: number): void {
    const place = BigInt.asUintN(64, (BigInt(frame) * BigInt(frameSize) + 1n) * GOLDEN);
    this.high = Number(place >> 32n);
    this.low = Number(place & 0xffffffffn);
  }

  /** Return 1 or -1 for this coefficient, and go to the next one. */
  next(): number {
    const { high, low } = this;
    const sum = low + GOLDEN_LOW;
    this.low = sum >>> 0;
    this.high = (high + GOLDEN_HIGH + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    const mixed = (low ^ high) >>> 0;
    const middle = (mixed >>> 16) * MIX_LOW + Math.floor(((mixed & 0xffff) * MIX_LOW) / 65536);
    const upper = Math.imul(mixed, MIX_HIGH) + Math.imul(high, MIX_LOW) + Math.floor(middle / 65536);
    return (upper | 0) < 0 ? -1 : 1;
  }
}
