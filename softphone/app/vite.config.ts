import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const root = import.meta.dirname
const dist = join(root, 'dist')

/** Puts a `.br` and a `.gz` beside each text file of the build, for servers that send files as they are. */
const precompressed: Plugin = {
  name: 'precompressed',
  apply: 'build',
  closeBundle: () => {
    for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:js|css|html|svg|webmanifest)$/.test(file)) continue
      const bytes = readFileSync(join(dist, file))
      writeFileSync(join(dist, `${file}.br`), brotliCompressSync(bytes))
      writeFileSync(join(dist, `${file}.gz`), gzipSync(bytes, { level: 9 }))
    }
  },
}

export default defineConfig({
  root,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [precompressed],
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: 'es2023',
    // A strict content policy takes no data: URLs, and the polyfill would be a script in the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The phone, the console of operators and account holders, and the page behind a link to a recording.
    rolldownOptions: {
      input: ['index', 'console', 'recording'].map((name) => join(root, `${name}.html`)),
    },
  },
})
