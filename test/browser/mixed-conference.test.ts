/** One room with phones of every codec and two browsers in it: who hears whom is told by their tones. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { heardIn } from '../support/heard-in.ts'
import { likeness } from '../support/likeness.ts'
import { bugsIn } from '../support/log-lines.ts'
import { RtpVoice } from '../support/rtp-voice.ts'
import { ScriptedPhone } from '../support/scripted-phone.ts'
import { toneOf } from '../support/tone-times.ts'
import { voice } from '../support/voice.ts'
import { BrowserPhone } from './support/browser-phone.ts'

const address = '127.0.0.1'
const number = '+15005550170'
const pin = '4711'
/** Whole periods in a window; none is a harmonic of another. */
const toneHz = { PCMU: 450, PCMA: 650, G722: 850, opus: 1150, '1001': 1550, '1002': 2050 } as const
type Name = keyof typeof toneHz
const names = Object.keys(toneHz) as Name[]
const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const

/** Of a sine as `toneOf` makes it: -12.2 dB. */
const HEARD_DB = -18
const SILENT_DB = -70
const LIKE = 0.9
const WINDOW = 800
/** For what was said before to be over everywhere, and for what is said now to be heard. */
const settleMs = 400
/** A machine that has more to do than it can is given time: they look again, so often at most. */
const looks = 30

let engine: EngineProcess
let desk: ScriptedPhone
let base = ''
const voices = new Map<Name, RtpVoice>()
const browsers = new Map<Name, BrowserPhone>()
const calls = new Map<Name, string>()
const hungUp: Promise<unknown>[] = []

const voiceOf = (name: string): RtpVoice => {
  const found = voices.get(name as Name)
  if (!found) throw new Error(`${name} is no phone`)
  return found
}
const browserOf = (name: Name): BrowserPhone => {
  const found = browsers.get(name)
  if (!found) throw new Error(`${name} is no browser`)
  return found
}
const members = async (): Promise<Json[]> =>
  (await engine.get(`${base}/participants`)).body.participants
const connected = (count: number): Promise<Json[]> =>
  eventually(
    members,
    (list) => list.filter(({ status }: Json) => status === 'connected').length === count,
  )
const change = async (name: Name, what: Json): Promise<void> => {
  const path = `${base}/participants/${calls.get(name)}`
  expect(await engine.send('PATCH', path, what)).toMatchObject({ status: 200 })
}

async function callIn(name: Name, to: string): Promise<void> {
  const invited = await engine.send('POST', `${base}/participants`, {
    ...{ to, from: '+15005550100', label: name },
  })
  expect(invited, JSON.stringify(invited.body)).toMatchObject({ status: 201 })
  calls.set(name, invited.body.call_id)
}

beforeAll(async () => {
  for (const codec of codecs) voices.set(codec, await RtpVoice.open(codec))
  desk = await ScriptedPhone.open({
    address,
    onCall: (call) => {
      const own = voiceOf(call.number)
      own.aim(call.remoteSdp)
      call.accept(own.sdp())
      hungUp.push(call.ended)
    },
  })
  engine = await startEngine({ RINGDOWN_ALLOWED_SIP_TARGETS: `${address}:${desk.port}` })
  const started = await Promise.all(
    (['1001', '1002'] as const).map(async (user) => {
      const options = { voice: toneOf(toneHz[user], 60) }
      return [user, await BrowserPhone.start(engine, user, options)] as const
    }),
  )
  for (const [user, phone] of started) browsers.set(user, phone)
  const room = {
    ...{ friendly_name: 'Mixed', pin, record: true, wait_music_url: '' },
    ...{ entry_sound: 'none', exit_sound: 'none' },
  }
  const made = await engine.send('POST', '/v1/voice/conferences', room)
  expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
  base = `/v1/voice/conferences/${made.body.id}`
  const route = { conference: { name: 'Mixed' } }
  expect(await engine.send('POST', '/v1/voice/numbers', { number, route })).toMatchObject({
    status: 201,
  })
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await Promise.all([...browsers.values()].map((phone) => phone.stop()))
  for (const one of voices.values()) one.close()
  desk?.close()
  await engine?.stop()
  engine?.removeData()
})

/** These speak from now on, and nobody else. */
async function speaking(...who: readonly Name[]): Promise<void> {
  for (const [name, one] of voices)
    one.say(who.includes(name) ? toneOf(toneHz[name], 1) : undefined)
  for (const [name, phone] of browsers) await phone.do(who.includes(name) ? 'unmute' : 'mute')
  await sleep(settleMs)
}

/** What each hears for so long. */
async function heardByAll(forMs: number): Promise<Map<Name, Int16Array>> {
  const all = await Promise.all([
    ...[...voices].map(async ([name, one]) => [name, (await one.hears(forMs)).pcm] as const),
    ...[...browsers].map(async ([name, phone]) => [name, await phone.hears(forMs)] as const),
  ])
  return new Map(all)
}

/** In each tenth of a second. */
function levels(pcm: Int16Array, hz: number): number[] {
  const count = Math.floor(pcm.length / WINDOW)
  return Array.from({ length: count }, (_, n) => toneDbfs(pcm, hz, 8000, n * WINDOW, WINDOW))
}
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Of whom each hears most of the time. */
function whoIsHeard(heard: ReadonlyMap<Name, Int16Array>): Record<string, Name[]> {
  const rows = [...heard].map(([name, pcm]) => {
    const others = names.filter((other) => median(levels(pcm, toneHz[other])) > HEARD_DB)
    return [name, others] as const
  })
  return Object.fromEntries(rows)
}
/** Everybody but themselves hears these. */
const everybodyHears = (who: readonly Name[]): Record<string, Name[]> =>
  Object.fromEntries(
    names.map((name) => [name, names.filter((one) => one !== name && who.includes(one))]),
  )

/** Waits until they are heard by everybody else, and nobody is heard besides; what each heard then. */
async function hear(wanted: Record<string, Name[]>, what = ''): Promise<Map<Name, Int16Array>> {
  for (let look = 1; ; look++) {
    const heard = await heardByAll(600)
    const found = whoIsHeard(heard)
    if (look === looks) expect(found, what).toEqual(wanted)
    if (isDeepStrictEqual(found, wanted)) return heard
  }
}

test('phones and a browser are called in; another browser dials the number and types the PIN', async () => {
  for (const codec of codecs) await callIn(codec, `sip:${codec}@${address}:${desk.port}`)
  await callIn('1001', '1001')
  await browserOf('1001').sees('incoming')
  await browserOf('1001').do('accept')
  await connected(5)
  const typing = browserOf('1002')
  expect(await typing.connect(number)).toBe('made')
  await typing.sees('call1 accept')
  // Once it hears the request for the PIN the way is up; before, keys would be lost.
  await typing.hearsWhat((pcm) => rmsDbfs(pcm) > -45)
  expect((await members()).filter(({ status }) => status === 'connected')).toHaveLength(5)
  await typing.sendDigits(pin)
  const there = await connected(6)
  const last = there.find(({ party }) => party === '1002')
  calls.set('1002', last?.call_id)
  expect(await engine.get(base)).toMatchObject({ body: { participant_count: 6 } })
})

test('each in turn is heard by all others, and not by himself', async () => {
  for (const name of names) {
    await speaking(name)
    const heard = await hear(everybodyHears([name]), name)
    expect(median(levels(heard.get(name) ?? new Int16Array(0), toneHz[name]))).toBeLessThan(
      SILENT_DB,
    )
  }
})

test('three at a time: each of them hears the two others', async () => {
  const who = ['PCMA', 'opus', '1001'] as const
  await speaking(...who)
  await hear(everybodyHears(who))
})

test('a sentence is the same in every codec', async () => {
  const sentence = voice('agent').subarray(0, 16_000)
  await speaking()
  voiceOf('PCMA').say(sentence)
  await sleep(settleMs)
  const best = new Map<Name, number>()
  for (let look = 0; look < looks; look++) {
    for (const [name, pcm] of await heardByAll(2800)) {
      if (name === 'PCMA' || (best.get(name) ?? 0) > LIKE) continue
      best.set(name, Math.max(best.get(name) ?? 0, likeness(sentence, pcm)))
    }
    if ([...best.values()].every((like) => like > LIKE)) break
  }
  expect(best.size).toBe(names.length - 1)
  for (const [name, like] of best) expect(like, name).toBeGreaterThan(LIKE)
})

test('who is muted is heard by nobody; a coach by one', async () => {
  await speaking('opus')
  await hear(everybodyHears(['opus']))
  await change('opus', { muted: true })
  await hear(everybodyHears([]))
  await change('opus', { muted: false, coaching: calls.get('1001') })
  await hear({ ...everybodyHears([]), '1001': ['opus'] })
  await change('opus', { coaching: null })
  await hear(everybodyHears(['opus']))
})

test('a browser is hung up, then all are; the recording has everybody', async () => {
  const gone = `${base}/participants/${calls.get('1001')}`
  expect(await engine.send('DELETE', gone)).toMatchObject({ status: 204 })
  expect(await browserOf('1001').sees('call1 disconnect')).toMatchObject({ by: 'remote' })
  await connected(5)
  expect(await engine.send('DELETE', base)).toMatchObject({ status: 204 })
  expect(await browserOf('1002').sees('call1 disconnect')).toMatchObject({ by: 'remote' })
  await Promise.all(hungUp)
  expect(hungUp).toHaveLength(codecs.length)
  expect((await engine.get(base)).body).toMatchObject({ status: 'completed', end_reason: 'api' })

  const [recording] = await eventually(
    async () => (await engine.get('/v1/voice/recordings')).body.recordings,
    ([first]) => first?.status === 'completed',
  )
  const media = await fetch(`${engine.httpUrl}/v1/voice/recordings/${recording.id}/media`, {
    headers: { 'x-api-key': engine.apiKey },
  })
  const path = join(engine.dataDir, 'of-the-room.wav')
  writeFileSync(path, new Uint8Array(await media.arrayBuffer()))
  const pcm = heardIn(path)
  for (const name of names) {
    const loud = levels(pcm, toneHz[name]).filter((level) => level > HEARD_DB)
    expect(loud.length, name).toBeGreaterThan(6)
  }
})
