/** Colours of levels: steps that look equal, from quiet to loud, on a dark and on a light page. */

export type Theme = "dark" | "light";

/** Control points in OKLCH, equally far apart: lightness, chroma, hue in degrees. */
type Point = [lightness: number, chroma: number, hue: number];

// Lightness rises (or falls) evenly, which is what the eye measures by; hue goes from violet over red to yellow, so that
// neighbouring levels differ for eyes that miss a colour too.
const POINTS: Record<Theme, Point[]> = {
  dark: [
    [0.16, 0.02, 285],
    [0.355, 0.13, 305],
    [0.55, 0.17, 350],
    [0.745, 0.15, 50],
    [0.94, 0.11, 100],
  ],
  light: [
    [0.975, 0.008, 95],
    [0.8, 0.11, 65],
    [0.625, 0.16, 30],
    [0.45, 0.15, 345],
    [0.275, 0.11, 295],
  ],
};

/** Return sRGB in 0..255 of a colour in OKLab (Ottosson 2020), clipped to the gamut. */
export function rgbOf(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const coded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.max(0, Math.min(1, coded)));
  }) as [number, number, number];
}

/** Return the colours of levels 0 to 255, as RGBA bytes in the order of the machine. */
export function colourTable(theme: Theme): Uint32Array {
  const table = new Uint32Array(256);
  const bytes = new Uint8ClampedArray(table.buffer);
  const points = POINTS[theme].map(([lightness, chroma, hue]) => {
    const angle = (hue * Math.PI) / 180;
    return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
  });
  for (let level = 0; level < 256; level++) {
    const place = (level / 255) * (points.length - 1);
    const index = Math.min(Math.floor(place), points.length - 2);
    const [l, a, b] = points[index].map((from, i) => from + (place - index) * (points[index + 1][i] - from));
    bytes.set([...rgbOf(l, a, b), 255], 4 * level);
  }
  return table;
}
