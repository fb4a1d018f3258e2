/** A call that ends in the middle of what is said to it leaves nothing behind: no program, stream, timer or file. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSpeech, EspeakNg } from '../../../tts/index.ts'

let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hang-ups-'))
})
afterAll(() => rm(dataDir, { recursive: true }))

const provider = new EspeakNg()

/** Programs that this process has started and that have not ended. */
async function children(): Promise<number> {
  const tasks = await readdir('/proc/self/task')
  const of = (task: string) => readFile(`/proc/self/task/${task}/children`, 'utf8').catch(() => '')
  const all = await Promise.all(tasks.map(of))
  return all.join(' ').split(' ').filter(Boolean).length
}

/** What keeps the event loop busy, by its kind. */
const busyWith = (kind: string) =>
  process.getActiveResourcesInfo().filter((name) => name === kind).length

test('200 calls that end at any moment of a say', async ({ skip }) => {
  if (provider.unavailableBecause() !== undefined) skip('espeak-ng is missing')
  const speech = createSpeech({ dataDir, providers: [provider], log: { warn() {} } })
  await speech.synthesise({ text: 'What is kept is not made again.' })
  const left = async () => ({ pipes: busyWith('PipeWrap'), children: await children() })
  const before = await left()
  const timersBefore = busyWith('Timeout')
  const ends = Array.from({ length: 200 }, async (_, n) => {
    const call = new AbortController()
    const text = `You are caller number ${n}. ${'Please hold the line, somebody will be with you. '.repeat(20)}`
    const said = speech.speak({ text }, call.signal).then(
      async (speaking) => {
        // Some hang up while it is made, others when the list goes on.
        if (n % 3 === 0) speaking.release()
        call.abort()
        await speaking.ended
        return 'heard'
      },
      () => 'never heard',
    )
    await sleep(n * 7)
    if (n % 2 === 0) call.abort()
    return said
  })
  const heard = (await Promise.all(ends)).filter((how) => how === 'heard')
  expect(heard.length).toBeGreaterThan(0)
  await expect.poll(left).toEqual(before)
  expect(busyWith('Timeout')).toBeLessThanOrEqual(timersBefore)
  // What was broken off is not kept, whole or in part.
  const kept = await readdir(join(dataDir, 'speech-cache'), { recursive: true })
  expect(kept.filter((name) => name.endsWith('.wav'))).toHaveLength(1)
  expect(kept.filter((name) => !name.endsWith('.wav') && name.includes('.'))).toEqual([])
  // And others are served as before.
  expect((await speech.synthesise({ text: 'The last one is heard.' })).durationMs).toBeGreaterThan(
    500,
  )
})
