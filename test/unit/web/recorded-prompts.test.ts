import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AccountId } from '../../../engine/core/ids.ts'
import { readWav, wavHeader } from '../../../engine/dsp/wav.ts'
import { createWeb } from '../../../engine/web/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { badNames } from '../microphone/prompt-names.ts'
import { testLog } from './server.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-recorded-'))
  mkdirSync(join(dataDir, 'recorded-prompts'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const account = '00000000-0000-4000-8000-000000000001' as AccountId
const web = () => {
  const made = createWeb({ dataDir, allowed: [], clock: new VirtualClock(), log: testLog([]) })
  return { ...made, prompt: (url: string) => made.prompt(url, account) }
}
const fileOf = (name: string) => join(dataDir, 'recorded-prompts', `${name}.wav`)

function record(path: string, ms: number): void {
  const body = new Uint8Array(ms * 32)
  const header = wavHeader({ rateHz: 16_000, channels: 1, format: 'pcm16', dataBytes: body.length })
  writeFileSync(path, Buffer.concat([header, body]))
}

test('a recorded prompt is played by its name', async () => {
  record(fileOf('welcome'), 500)
  const { prompt, checkPromptUrl } = web()
  expect(() => checkPromptUrl('prompt:welcome', 'verbs')).not.toThrow()
  const { path, durationMs } = await prompt('prompt:welcome')
  expect(durationMs).toBe(500)
  const { rateHz, samples } = readWav(readFileSync(path))
  expect([rateHz, samples[0]?.length]).toEqual([16_000, 8_000])
})

test('recorded anew, it is the new one; who has the old one still finds that', async () => {
  const { prompt } = web()
  record(fileOf('x'), 500)
  const old = await prompt('prompt:x')
  expect(await prompt('prompt:x')).toEqual(old)
  record(fileOf('x'), 700)
  expect((await prompt('prompt:x')).durationMs).toBe(700)
  expect(readWav(readFileSync(old.path)).samples[0]).toHaveLength(8000)
})

test('a long one is converted too, in a thread of its own', async () => {
  record(fileOf('long'), 10_000)
  const { path, durationMs } = await web().prompt('prompt:long')
  expect([durationMs, readWav(readFileSync(path)).rateHz]).toEqual([10_000, 16_000])
})

test('there is none of that name, or no more', async () => {
  const { prompt } = web()
  record(fileOf('x'), 500)
  await prompt('prompt:x')
  rmSync(fileOf('x'))
  for (const name of ['x', 'y'])
    await expect(prompt(`prompt:${name}`)).rejects.toMatchObject({
      code: 'url_unreachable',
      message: `there is no prompt with the name ${name}`,
    })
})

test('a file that is no WAV', async () => {
  writeFileSync(fileOf('x'), 'words')
  await expect(web().prompt('prompt:x')).rejects.toMatchObject({ code: 'invalid_audio' })
})

test('a link to elsewhere and a folder are not played', async () => {
  record(join(dataDir, 'secret.wav'), 100)
  symlinkSync(join(dataDir, 'secret.wav'), fileOf('link'))
  mkdirSync(fileOf('folder'))
  for (const name of ['link', 'folder'])
    await expect(web().prompt(`prompt:${name}`)).rejects.toMatchObject({ code: 'url_unreachable' })
})

test.each(badNames)('%j is no name', async (name) => {
  record(join(dataDir, 'x.wav'), 100)
  const { prompt, checkPromptUrl } = web()
  await expect(prompt(`prompt:${name}`)).rejects.toMatchObject({ code: 'url_not_allowed' })
  expect(() => checkPromptUrl(`prompt:${name}`, 'verbs')).toThrow(/prompt: is followed by a name/)
})

test('other addresses are checked as before, and prompts are no webhooks', () => {
  const { checkPromptUrl, checkUrl } = web()
  expect(() => checkPromptUrl('http://127.0.0.1/x.wav', 'verbs')).toThrow(/not a public address/)
  expect(() => checkUrl('prompt:welcome', 'url')).toThrow(/only http and https/)
})
