import { resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../../..')
const bundles = new Map<string, Promise<string>>()

/** A file of in-page/ and all that it imports, as one script. */
export function bundleOf(
  file: 'sdk-page.ts' | 'jssip-page.ts' | 'bench-page.ts' | 'listen-page.ts',
): Promise<string> {
  const bundle = bundles.get(file) ?? make(file)
  bundles.set(file, bundle)
  return bundle
}

async function make(file: string): Promise<string> {
  const made = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: `test/browser/in-page/${file}`, formats: ['iife'], name: 'page' },
    },
  })
  const [first] = Array.isArray(made) ? made : [made]
  if (!first || !('output' in first)) throw new Error('vite made no bundle')
  return first.output[0].code
}
