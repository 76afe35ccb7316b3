import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { models } from "../../player/models.plugin.ts";

// Only for tests in a browser: `vite build -c app/trial/vite.config.ts --outDir FOLDER`.
export default defineConfig({
  root: "app/trial",
  base: "./",
  plugins: [react(), models()],
  build: {
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
    rollupOptions: { input: "app/trial/compare.html" },
  },
  worker: { format: "es", plugins: () => [models()] },
});
