import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { models } from "./player/models.plugin.ts";

// The page is built into the Python package, so that `pip install` and `ligeia serve` need no node.
export default defineConfig({
  root: "app",
  base: "./",
  plugins: [react(), models()],
  build: {
    outDir: "../../src/ligeia/server/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  worker: { format: "es", plugins: () => [models()] },
  // the example recording of the first screen is that of the repository
  server: { proxy: { "/api": "http://127.0.0.1:8000" }, fs: { allow: ["..", "../../examples"] } },
  test: {
    root: ".",
    include: ["app/**/*.test.{ts,tsx}", "player/**/*.test.ts"],
    environment: "node",
  },
});
