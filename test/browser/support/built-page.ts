import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')
const softphone = join(root, 'softphone')

/**
 * Builds the browser phone unless a build is newer than all its sources. `npm test` has built it before; a test
 * file that is run by itself may be the first to need it.
 */
export async function builtPage(): Promise<void> {
  const builtMs = modifiedMs(join(softphone, 'app/dist/index.html'))
  if (sources().every((file) => modifiedMs(file) <= builtMs)) return
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--config', 'softphone/app/vite.config.ts', '--logLevel', 'warn']
  // The tests' own NODE_ENV would make another page of it.
  const env = { ...process.env, NODE_ENV: 'production' }
  const build = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  const [code] = await once(build, 'exit')
  if (code !== 0) throw new Error('the browser phone could not be built')
}

const sources = (): string[] =>
  readdirSync(softphone, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[/](?:dist|node_modules)[/]/.test(file))

function modifiedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
