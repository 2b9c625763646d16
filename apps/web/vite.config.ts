import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, here, ["MUNIMENT_", "PORT"]);
  const api = `http://127.0.0.1:${env.PORT ?? "3000"}`;
  return {
    root: here,
    plugins: [react(), tailwindcss()],
    resolve: {
      alias: {
        // The original writes <style> elements, which the content security policy refuses.
        "react-style-singleton": fileURLToPath(
          new URL("src/ui/style-singleton.ts", import.meta.url),
        ),
      },
    },
    build: {
      outDir: env.MUNIMENT_WEB_OUT ?? "dist",
      emptyOutDir: true,
      assetsInlineLimit: 0,
      target: "es2023",
      rolldownOptions: {
        output: {
          codeSplitting: {
            // Zod's configuration must run before the first schema is made, in whatever chunk that lies.
            groups: [
              { name: "zod", test: /node_modules[\\/]zod[\\/]|src[\\/]zod-config\.ts/ },
              { name: "react", test: /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/ },
            ],
          },
        },
      },
    },
    server: {
      host: "127.0.0.1",
      proxy: { "/trpc": api, "/api": api, "/healthz": api },
    },
  };
});
