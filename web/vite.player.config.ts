import { defineConfig } from "vite";
import { models } from "./player/models.plugin.ts";

// Two builds of the player: `vite build -c vite.player.config.ts` makes the modules, with `--mode classic` the one script.
export default defineConfig(({ mode }) => {
  const classic = mode === "classic";
  return {
    root: "player",
    base: "./",
    publicDir: false,
    plugins: [models()],
    build: {
      outDir: "dist",
      emptyOutDir: !classic,
      target: "es2022",
      // Else colours for light and dark are rewritten for browsers that do not know them, which fails in a shadow root.
      cssTarget: ["chrome123", "firefox120", "safari17.5"],
      modulePreload: false,
      rollupOptions: { output: { banner: "/*! Ligeia's player: <ligeia-audio>. Apache-2.0. */" } },
      lib: {
        entry: classic ? "src/ligeia-player.classic.ts" : "src/ligeia-player.ts",
        formats: [classic ? "iife" : "es"],
        name: "Ligeia",
        fileName: () => (classic ? "ligeia-player.classic.js" : "ligeia-player.js"),
      },
    },
    worker: {
      format: classic ? "iife" : "es",
      plugins: () => [models()],
      rollupOptions: {
        output: {
          entryFileNames: "ligeia-worker.js",
          chunkFileNames: ({ name }) => `ligeia-${name.replace(/^_?ligeia-/, "").replace("_", "-")}.js`,
        },
      },
    },
  };
});
