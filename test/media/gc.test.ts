import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'vitest'

const program = fileURLToPath(new URL('./gc-ticks.ts', import.meta.url))

interface Counted {
  readonly collections: number
  readonly sentBytes: number
}

async function count(...args: string[]): Promise<Counted> {
  // Code that waits for a busy machine to optimise it allocates meanwhile.
  const flags = ['--expose-gc', '--no-warnings', '--no-concurrent-recompilation']
  const node = [...flags, program, ...args]
  const { stdout } = await promisify(execFile)(process.execPath, node)
  return JSON.parse(stdout) as Counted
}

test.concurrent('no garbage is collected in 5,000 ticks of 64 legs and a conference of 100', async ({
  expect,
}) => {
  const { collections, sentBytes } = await count()
  // 8,000 ticks, 148 legs with 172 bytes each, the relayed ones as well; and 16 of all codecs.
  expect(sentBytes).toBeGreaterThan(8000 * 147 * 172)
  expect(collections).toBe(0)
}, 240_000)

test.concurrent('the count sees a tick that allocates', async ({ expect }) => {
  expect((await count('careless')).collections).toBeGreaterThan(2)
}, 240_000)
