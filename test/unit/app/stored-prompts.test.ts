/** Files and rows of stored prompts keep together, whatever comes at once or breaks in between. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DirectoryPorts } from '../../../engine/app/directory/ports.ts'
import { changePrompt, removePrompt, storePrompt } from '../../../engine/app/directory/prompts.ts'
import { sweepPrompts } from '../../../engine/app/directory/sweep-prompts.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { promptFolder } from '../../../engine/web/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { accountId, memoryStore } from '../store/fixtures.ts'
import { testLog } from '../web/server.ts'

const sound = (name: string) =>
  readFileSync(new URL(`../../fixtures/sounds/${name}`, import.meta.url))

let dataDir: string
let store: Store
let ports: DirectoryPorts
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-prompts-'))
  store = await memoryStore()
  const clock = new VirtualClock()
  ports = {
    ...{ store, clock, ids: { uuid: () => crypto.randomUUID() } },
    promptFiles: promptFolder(dataDir, clock),
  } as Partial<DirectoryPorts> as DirectoryPorts
})
afterEach(async () => {
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const folder = () => join(dataDir, 'stored-prompts', accountId)
const kept = () => readdirSync(folder()).toSorted()
const code = (failure: unknown) => (failure as { code?: string }).code

test('of uploads that come at once none is one too many', async () => {
  for (let n = 0; n < 498; n++) {
    await store.prompts.insert({
      ...{ id: crypto.randomUUID() as never, accountId, name: `p${n}`, format: 'wav' },
      ...{ rateHz: 8000, durationMs: 1, lufs: null, bytes: 1, file: 'a'.repeat(64) },
      ...{ createdAtMs: 1, updatedAtMs: 1 },
    })
  }
  const bytes = sound('tone.opus')
  const all = await Promise.all(
    [1, 2, 3, 4, 5].map((n) =>
      storePrompt(ports, accountId, `at-once-${n}`, bytes).then(() => 'stored', code),
    ),
  )
  expect(all.toSorted()).toEqual([
    ...['limit_reached', 'limit_reached', 'limit_reached', 'stored', 'stored'],
  ])
  expect((await store.prompts.usage(accountId)).count).toBe(500)
})

test('a file that is uploaded while another prompt of the same is deleted is there', async () => {
  const bytes = sound('tone.opus')
  for (let n = 0; n < 5; n++) {
    await storePrompt(ports, accountId, `old-${n}`, bytes)
    const [made] = await Promise.all([
      storePrompt(ports, accountId, `new-${n}`, bytes),
      removePrompt(ports, accountId, `old-${n}`),
    ])
    expect(kept()).toEqual([made.file])
    await removePrompt(ports, accountId, made.id)
    expect(kept()).toEqual([])
  }
})

test('what is refused by its name leaves no file', async () => {
  await storePrompt(ports, accountId, 'one', sound('tone.opus'))
  const [first] = kept()
  const two = [1, 2].map(() =>
    storePrompt(ports, accountId, 'two', sound('tone.mp3')).then(() => 'stored', code),
  )
  expect((await Promise.all(two)).toSorted()).toEqual(['already_exists', 'stored'])
  const change = changePrompt(ports, accountId, 'two', { name: 'one', bytes: sound('narrow.mp3') })
  await expect(change).rejects.toMatchObject({ code: 'already_exists' })
  expect(kept()).toHaveLength(2)
  expect(kept()).toContain(first)
})

test('what a crash has left is swept, all else stays', async () => {
  const { file } = await storePrompt(ports, accountId, 'kept', sound('tone.opus'))
  const left = `${'b'.repeat(64)}`
  const half = `${'c'.repeat(64)}.${crypto.randomUUID()}.part`
  for (const name of [left, half, 'notes.txt']) writeFileSync(join(folder(), name), 'x')
  const gone = join(dataDir, 'stored-prompts', crypto.randomUUID())
  mkdirSync(gone)
  writeFileSync(join(gone, left), 'x')
  const messages: string[] = []
  await sweepPrompts(ports, testLog(messages))
  expect(kept()).toEqual([file, 'notes.txt'])
  expect(readdirSync(gone)).toEqual([])
  // Where nobody has stored anything there is nothing to sweep.
  rmSync(join(dataDir, 'stored-prompts'), { recursive: true })
  await sweepPrompts(ports, testLog(messages))
  expect(messages.filter((text) => text.includes('could not'))).toEqual([])
})
