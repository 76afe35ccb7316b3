import { expect, test } from "vitest";
import { compileKernel, kernelFile } from "../kernel.build";

test("the kernel is what its source gives", { timeout: 60_000 }, async () => {
  await expect(kernelFile(await compileKernel())).toMatchFileSnapshot("./kernel.wasm.ts");
});
