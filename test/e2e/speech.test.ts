/**
 * SSML by a phone of our own, and a speech program that hangs, crashes and prints rubbish, with a server that speaks in
 * its place: whole engine, real audio.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DeskPhone } from '../support/desk-phone.ts'
import { type EngineProcess, type Json, startEngine } from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

const real = spawnSync('sh', ['-c', 'command -v espeak-ng'], { encoding: 'utf8' }).stdout.trim()
const isThere = real !== ''

/** Stands in front of the real program: some words make it fail. */
const wrapper = (folder: string): string => `#!/bin/sh
case "$1" in --version|--voices) exec ${real} "$1";; esac
text=$(cat)
case "$text" in
  *hangs*) echo $$ >> ${folder}/hanging; exec sleep 60;;
  *crashes*) printf '%s' "$text" | ${real} "$@" | head -c 60000; kill -SEGV $$;;
  *rubbish*) exec yes rubbish;;
  *refuses*) echo no >&2; exit 3;;
esac
printf '%s' "$text" | exec ${real} "$@"
`

let engine: EngineProcess
let alice: DeskPhone
let folder = ''
let numbers = 0
/** Speaks with the real program. */
let server: Server
const servedTexts: string[] = []

beforeAll(async () => {
  if (!isThere) return
  folder = mkdtempSync(join(tmpdir(), 'speech-program-'))
  writeFileSync(join(folder, 'espeak-ng'), wrapper(folder))
  chmodSync(join(folder, 'espeak-ng'), 0o755)
  const path = `${folder}:${process.env['PATH']}`
  server = await openServer()
  const { port } = server.address() as AddressInfo
  engine = await startEngine({
    PATH: path,
    RINGDOWN_TTS_PROVIDERS: 'espeak-ng,http',
    RINGDOWN_TTS_HTTP_URL: `http://127.0.0.1:${port}/?text={text}`,
    RINGDOWN_TTS_HTTP_VOICES: 'other=en-GB',
  })
  const login = { username: 'alice', password: 'password-of-alice' }
  expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
  alice = await DeskPhone.open(engine.sipPort, login)
})
afterEach(() => {
  if (isThere) expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  if (!isThere) return
  alice?.close()
  await engine?.stop()
  engine?.removeData()
  server?.close()
  rmSync(folder, { recursive: true })
})

async function openServer(): Promise<Server> {
  const made = createServer((request, response) => {
    const text = new URL(request.url ?? '/', 'http://x').searchParams.get('text') ?? ''
    servedTexts.push(text)
    response.end(spawnSync(real, ['--stdin', '--stdout', '-b', '1'], { input: text }).stdout)
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return made
}

/** Calls a number that does that; what was heard till it hung up, and the log of the call. */
async function heard(verbs: readonly object[]): Promise<{ pcm: Int16Array; events: Json[] }> {
  numbers += 1
  const number = `+6129000010${numbers}`
  const made = await engine.send('POST', '/v1/voice/numbers', { number, route: { verbs } })
  expect(made).toMatchObject({ status: 201 })
  alice.audio.received.length = 0
  const call = await alice.call(number)
  await alice.hungUp(60_000)
  const { events } = (await engine.get('/v1/voice/events?page_size=1000')).body
  const id = events.findLast((event: Json) => event.type === 'call.in-progress').call_id
  expect(call).toBeDefined()
  return { pcm: alice.audio.heard(), events: events.filter((event: Json) => event.call_id === id) }
}

/** Stretches of sound in ms, those between which less than 300 ms are still taken together. */
function stretches(pcm: Int16Array): number[] {
  const found: number[] = []
  let [begin, last] = [-1, -1]
  for (let at = 0; at < pcm.length; at += 1) {
    if (Math.abs(pcm[at] ?? 0) < 300) continue
    if (begin < 0 || at - last > 2400) {
      if (begin >= 0) found.push((last - begin) / 8)
      begin = at
    }
    last = at
  }
  return begin < 0 ? [] : [...found, (last - begin) / 8]
}

const dataOf = (events: readonly Json[], type: string): Json[] =>
  events.filter((event) => event.type === type).map(({ data }) => data)

describe.runIf(isThere)('speech', () => {
  test('of a document: pauses, marks with their times, and what is said where a file is not', async () => {
    const text =
      '<speak><mark name="begin"/>One two three.<break time="1s"/><mark name="middle"/>' +
      '<audio src="http://127.0.0.1:9/bell.wav">four five six</audio><break time="1s"/>' +
      '<phoneme alphabet="ipa" ph="pəˈkɑːn">pecan</phoneme><mark name="end"/></speak>'
    const { pcm, events } = await heard([{ verb: 'say', text, markup: 'ssml' }])
    expect(stretches(pcm)).toHaveLength(3)
    const marks = dataOf(events, 'speech.mark')
    expect(marks.map(({ name }) => name)).toEqual(['begin', 'middle', 'end'])
    const [begin, middle, end] = events.filter(({ type }) => type === 'speech.mark')
    const apart = (a: Json, b: Json) => Date.parse(b.at) - Date.parse(a.at)
    // Each when it is reached, not all at once: half of it, since the first may be told late.
    expect(apart(begin, middle)).toBeGreaterThan(marks[1].at_ms / 2)
    expect(apart(begin, end)).toBeGreaterThan(marks[2].at_ms / 2)
    expect(dataOf(events, 'speech.warning')).toEqual([
      { warnings: ['audio: its text is said instead (url_not_allowed)'] },
    ])
    expect(dataOf(events, 'verb.ended')).toEqual([{ verb: 'say' }])
  })

  test('that is malformed is refused with its place', async () => {
    const verbs = [{ verb: 'say', text: '<speak>a\n<break time="soon"/></speak>', markup: 'ssml' }]
    const refused = await engine.send('POST', '/v1/voice/calls', {
      ...{ from: '+15005550100', to: '+15005550130', verbs },
    })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toContain('SSML fault in line 2, column 20')
  })

  test('by a program that crashes, prints rubbish, refuses and hangs: another one speaks, and it is told', async () => {
    servedTexts.length = 0
    const verbs = [
      { verb: 'say', text: 'This one crashes in the middle of what it has to say today.' },
      { verb: 'say', text: 'This is rubbish.' },
      { verb: 'say', text: 'This it refuses.' },
      { verb: 'say', text: 'This one hangs.' },
      { verb: 'say', text: 'All is well again.' },
    ]
    const { pcm, events } = await heard(verbs)
    // What there was of the first, and all of the others: of two alone it would be 3 s.
    expect(stretches(pcm).reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(4000)
    expect(dataOf(events, 'speech.failed')).toEqual([
      { code: 'speech_unavailable', error: expect.stringContaining('SIGSEGV') },
    ])
    // Who has let a caller wait is not asked for a while. Its stand-in is measured too, over other words.
    const texts = verbs.map(({ text }) => text)
    expect(servedTexts.filter((text) => texts.includes(text))).toEqual(texts.slice(1))
    const why = ['no WAV', 'ended with', 'no sound within', 'a moment ago']
    expect(dataOf(events, 'speech.warning').map(({ warnings }) => warnings)).toEqual(
      why.map((reason) => [
        expect.stringMatching(`^espeak-ng:en-us: another voice speaks instead .*${reason}`),
      ]),
    )
    expect(dataOf(events, 'verb.started')).toHaveLength(5)
    expect(events.some(({ type }) => type === 'call.completed')).toBe(true)
    const pid = Number(readFileSync(join(folder, 'hanging'), 'utf8').trim().split('\n')[0])
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  })
})
