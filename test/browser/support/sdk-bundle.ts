import { resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../../..')
let bundle: Promise<string> | undefined

/** The Device SDK and what a test does with it in a page (sdk-page.ts), as one script. */
export function sdkBundle(): Promise<string> {
  bundle ??= make()
  return bundle
}

async function make(): Promise<string> {
  const made = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: 'test/browser/in-page/sdk-page.ts', formats: ['iife'], name: 'page' },
    },
  })
  const [first] = Array.isArray(made) ? made : [made]
  if (!first || !('output' in first)) throw new Error('vite made no bundle')
  return first.output[0].code
}
