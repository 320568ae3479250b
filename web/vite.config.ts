import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

// Each app is a folder below apps/ with its own index.html; scripts/compress.mjs lays the pages out
// (console at /, every other app at /NAME/) and writes the .br and .gz beside every file.
const apps = { console: 'apps/console/index.html' };
const server = process.env.SHOUWEN_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [vue({ features: { optionsAPI: false } })], // everything here is <script setup>
  define: { __VUE_PROD_DEVTOOLS__: 'false' },
  resolve: { alias: { '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '') } },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0, // a data: URL would need a looser Content-Security-Policy
    cssCodeSplit: true,
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
    // A few signs tell versions of a file apart; the sign-in page carries the names of all that may follow it.
    rollupOptions: { input: apps, output: { entryFileNames: 'assets/[name]-[hash:7].js', chunkFileNames: 'assets/[name]-[hash:7].js', assetFileNames: 'assets/[name]-[hash:6][extname]' } },
  },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: false },
      '/live': { target: server, ws: true },
    },
  },
});
