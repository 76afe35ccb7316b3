import { bytesOfBase64 } from "./base64";
import { KERNEL } from "./kernel.wasm";
import type { Layout } from "./layout";
import type { ContextNetwork } from "./model";
import { PlainRows } from "./plain";
import { placesOf, type RowFinder, Space, type Surroundings } from "./space";

const PAGE = 65536;

interface Exports {
  setNetwork(weights: number, bandWeights: number, output: number, bias: number): void;
  setFrame(
    size: number,
    bands: number,
    edges: number,
    exponents: number,
    facts: number,
    pitches: number,
  ): void;
  setResults(passBases: number, bandBases: number, contexts: number, rows: number): void;
  sumBands(): void;
  average(before: number, mean: number): void;
  findRows(pass: number, own: number, before: number, earlier: number, other: number, mean: number): void;
}

let compiled: WebAssembly.Module | null | undefined;

/** The kernel, compiled once; null where there is no SIMD, or a policy of the page forbids to compile. */
function kernelModule(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(bytesOfBase64(KERNEL));
    } catch {
      compiled = null; // no WebAssembly, no SIMD, or not allowed: plain loops do the same
    }
  }
  return compiled;
}

/** Return what finds rows for blocks of a layout: the kernel where there is one and it is wanted. */
export function rowFinder(layout: Layout, network: ContextNetwork, simd: boolean): RowFinder {
  const module = simd ? kernelModule() : null;
  return module ? new KernelRows(module, layout, network) : new PlainRows(layout, network);
}

/** Rows by the kernel (`kernel.as.ts`), in its memory. */
export class KernelRows implements RowFinder {
  readonly space: Space;
  private readonly kernel: Exports;

  constructor(module: WebAssembly.Module, layout: Layout, network: ContextNetwork) {
    const places = placesOf(layout);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(places.end / PAGE) });
    this.kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    this.space = new Space(memory.buffer, places, layout, network);
    const { weights, bandWeights, output, edges, exponents, facts, pitches } = places;
    this.kernel.setNetwork(weights, bandWeights, output, network.outputBias[0]);
    this.kernel.setFrame(layout.frameSize, layout.bands, edges, exponents, facts, pitches);
    this.kernel.setResults(places.passBases, places.bandBases, places.contexts, places.rows);
  }

  sumBands(): void {
    this.kernel.sumBands();
  }

  average({ before, mean }: Surroundings): void {
    this.kernel.average(before, mean);
  }

  findRows(pass: number, { own, before, earlier, other, mean }: Surroundings): void {
    this.kernel.findRows(pass, own, before, earlier, other, mean);
  }
}
