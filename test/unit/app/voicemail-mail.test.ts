import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { english, phraseLanguages, phrasesOf } from '../../../engine/app/phrases/index.ts'
import { mailDeliveries } from '../../../engine/app/voicemail/mail.ts'
import { eventOf } from '../../../engine/app/voicemail/messages.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { DeviceId } from '../../../engine/core/ids.ts'
import type { RecordingChange } from '../../../engine/core/ports/recordings.ts'
import type { Voice } from '../../../engine/core/ports/speech.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import {
  type BoxOptions,
  plainBox,
  type VoicemailBox,
  type VoicemailRecord,
} from '../../../engine/core/ports/voicemail.ts'
import { anonymous } from '../../../engine/core/trunk-caller.ts'
import { createMailer, type Deliveries, startDeliveries } from '../../../engine/web/index.ts'
import { boxFor, leftVoicemail } from '../../support/left-voicemail.ts'
import {
  attachmentIn,
  decoded,
  headerIn,
  letterText,
  type MailServerBehaviour,
  startMailServer,
  type TestMailServer,
} from '../../support/mail-server.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'
import { accountId, memoryStore, uuid } from '../store/fixtures.ts'
import { loopback, serve, testLog } from '../web/server.ts'

const deviceId = uuid('device') as DeviceId
const audio = randomBytes(20_001)
const aVoice = { id: 'lab:jo', name: 'jo', language: 'fr', provider: 'lab', rateHz: 8_000 }

let clock: VirtualClock
let store: Store
let voices: Voice[]
let outcomes: string[]
let lamps: string[]
let open: () => Promise<{ bytes: number; stream: NodeJS.ReadableStream }>
let running: Deliveries[]
let server: TestMailServer
beforeEach(async () => {
  clock = new VirtualClock()
  store = await memoryStore(clock)
  await store.devices.insert({
    ...{ id: deviceId, accountId, username: 'desk', name: 'Desk', createdAtMs: 1 },
    ...{ ha1Md5: 'x', ha1Sha256: 'x' },
  })
  ;[outcomes, lamps, running, voices] = [[], [], [], []]
  open = async () => ({ bytes: audio.length, stream: Readable.from([audio]) })
})
afterEach(async () => {
  for (const deliveries of running) {
    const closing = deliveries.close()
    await settle()
    await clock.advance(5_000)
    await closing
  }
  await server?.close()
  await store.close()
})

async function startMail(behaviour: MailServerBehaviour = {}): Promise<void> {
  server = await startMailServer(behaviour)
  drain(server.port)
}

/** The outbox is emptied, as from the start of the engine on. */
function drain(port: number): Deliveries {
  const at = { host: '127.0.0.1', port, tls: 'if-offered', user: undefined } as const
  const mailer = createMailer({
    ...{ server: at, password: undefined, from: 'pbx@pbx.example', trust: 'any' },
  })
  const deliveries = startDeliveries({
    outbox: store.outbox,
    allowed: loopback,
    secrets: async () => ['key'],
    render: ({ url, event }) => ({ url, method: 'POST', body: event.type }),
    mail: mailDeliveries({
      ...{ store, clock, mailer, log: testLog() },
      speech: { voices: () => voices, voiceNamed: () => undefined },
      recordingFiles: { open: () => open() },
      write: () => undefined,
      mailboxChanged: (_id, username) => void lamps.push(username),
      link: async ({ id }) => `https://pbx.example/l/${id}`,
    }),
    ...{ clock, log: testLog(), random: () => 0.5 },
    metrics: { webhook: (outcome) => outcomes.push(outcome) },
  })
  running.push(deliveries)
  return deliveries
}

const wanting = (over: Partial<BoxOptions> = {}): VoicemailBox =>
  boxFor(accountId, deviceId, {
    options: { ...plainBox, name: 'Ann <1>', email: 'ann@mail.example', ...over },
  })

/** Somebody leaves a message in the box. */
async function isLeft(
  box: VoicemailBox,
  { change = {}, ...over }: Partial<VoicemailRecord> & { change?: RecordingChange } = {},
): Promise<VoicemailRecord> {
  await store.voicemailBoxes.insert(box)
  const id = uuid('message')
  const kept = { id, path: '/x.wav', atMs: clock.nowMs(), durationMs: 72_400 }
  const message = { ...(await leftVoicemail(store, accountId, deviceId, kept)), ...over }
  await store.recordings.amend(message.recordingId, change)
  await store.voicemails.save(message, [eventOf({ clock }, box, message, 'voicemail.left')])
  return message
}

const count = (wanted: number) =>
  until(
    () => outcomes.length >= wanted,
    () => `${wanted} outcomes: ${outcomes}`,
  )
async function until(holds: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadlineMs = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const folderOf = async ({ id }: VoicemailRecord) =>
  (await store.voicemails.get(accountId, id))?.folder
const events = async () => (await store.events.after(accountId, 0, 100)).map(({ type }) => type)

test('a message comes by e-mail: who, how long, what was said, and its audio byte by byte', async () => {
  await startMail()
  const transcript = { text: 'Grüße & <b>bye</b>', segments: [] }
  const message = await isLeft(wanting(), {
    fromName: 'Bob\r\nBcc: eve@mail.example',
    change: { transcriptStatus: 'completed', transcript },
  })
  await count(1)
  expect(outcomes).toEqual(['delivered'])
  const [letter] = server.letters
  expect(letter!.to).toEqual(['ann@mail.example'])
  expect(headerIn(letter!, 'bcc')).toBeUndefined()
  expect(headerIn(letter!, 'subject')).toContain('+61412345678')
  expect(headerIn(letter!, 'message-id')).toContain(`voicemail.${message.id}.`)
  expect(attachmentIn(letter!, `${message.id}.wav`).equals(audio)).toBe(true)
  const source = letter!.source.replaceAll(/=\r\n/g, '')
  const html = source.slice(source.indexOf('text/html'), source.indexOf('audio/wav'))
  expect(html.includes('1:12')).toBe(true)
  expect(html.includes('&lt;b&gt;bye&lt;/b&gt;')).toBe(true)
  expect(html.includes('<b>bye</b>')).toBe(false)
  expect(await folderOf(message)).toBe('new')
  expect(lamps).toEqual([])
})

test.each([
  ['de-AT', true, 'Dringende Sprachnachricht von +61412345678 (1:12)'],
  ['fr', false, 'Message vocal de +61412345678 (1:12)'],
  ['es', true, 'Mensaje de voz urgente de +61412345678 (1:12)'],
  ['it', false, 'Messaggio vocale da +61412345678 (1:12)'],
  ['pl', false, 'Voicemail from +61412345678 (1:12)'],
  // That of the usual voice.
  [null, false, 'Message vocal de +61412345678 (1:12)'],
])('an e-mail of a box in %s is in its language', async (language, urgent, subject) => {
  voices = [{ ...aVoice, language: 'fr-FR' }]
  await startMail()
  const transcript = { text: 'bis morgen', segments: [] }
  const change = { transcriptStatus: 'completed', transcript } as const
  await isLeft(wanting({ language }), { urgent, change })
  await count(1)
  const [letter] = server.letters
  const { mail } = phrasesOf(language ?? 'fr') ?? english
  expect(decoded(headerIn(letter!, 'subject'))).toBe(subject)
  for (const told of [mail.length, mail.received, mail.transcript, mail.audio.attached])
    expect(letterText(letter!)).toContain(told)
  const others = phraseLanguages.map((one) => phrasesOf(one)?.mail).filter((one) => one !== mail)
  for (const other of others) expect(letterText(letter!)).not.toContain(other?.audio.attached)
})

test('in German a date, a withheld number and the language of the page are German', async () => {
  await startMail()
  await isLeft(wanting({ language: 'de', emailAudio: false }), {
    ...{ from: anonymous, receivedAtMs: +new Date(2026, 9, 5, 17, 30) },
  })
  await count(1)
  const text = letterText(server.letters[0]!)
  expect(text).toContain('Von: unbekannter Nummer\n')
  expect(text).toContain('Eingegangen: Mo., 5. Okt. 2026, 17:30 ')
  expect(text).toContain('Dauer: 1:12\nMailbox: Ann <1> (')
  expect(text).toContain('<html lang="de">')
})

test('what becomes of the message afterwards is the box’s to say', async () => {
  await startMail()
  const message = await isLeft(wanting({ afterEmail: 'delete' }))
  await until(
    () => lamps.length > 0,
    () => 'the lamp',
  )
  expect(await folderOf(message)).toBe('deleted')
  expect(lamps).toEqual(['desk'])
})

test('without its audio a message is not deleted', async () => {
  open = async () => {
    throw new Failure('recording_sealed', 'no key')
  }
  await startMail()
  const message = await isLeft(wanting({ afterEmail: 'delete' }))
  await count(1)
  await settle()
  expect(server.letters[0]!.source).toContain('encrypted')
  expect(server.letters[0]!.source).not.toContain('https://pbx.example/l/')
  expect(await folderOf(message)).toBe('new')
})

test('a letter that is too large for the server goes without its audio', async () => {
  await startMail({ size: 8_000 })
  await isLeft(wanting())
  await count(1)
  expect(outcomes).toEqual(['delivered'])
  expect(server.letters).toHaveLength(1)
  expect(server.letters[0]!.source).not.toContain('audio/wav')
  expect(server.letters[0]!.source).toContain('too long to be attached')
  expect(server.letters[0]!.source).toContain('https://pbx.example/l/')
})

test('who does not want the audio gets none', async () => {
  await startMail()
  await isLeft(wanting({ emailAudio: false }))
  await count(1)
  expect(server.letters[0]!.source).not.toContain('audio/wav')
})

test('greylisted: it is tried again, and arrives once', async () => {
  await startMail({ rcpt: (_, attempt) => (attempt < 3 ? 450 : 250) })
  await isLeft(wanting())
  await count(1)
  expect(outcomes).toEqual(['retried'])
  for (const [pauseMs, soFar] of [
    [1_000, 2],
    [2_000, 3],
  ] as const) {
    await settle()
    await clock.advance(pauseMs)
    await count(soFar)
  }
  expect(outcomes).toEqual(['retried', 'retried', 'delivered'])
  expect(server.letters).toHaveLength(1)
  await settle()
  expect(await store.outbox.nextDueMs()).toBeUndefined()
})

test('refused for good: told in the log, and never tried again', async () => {
  await startMail({ rcpt: () => 550 })
  const message = await isLeft(wanting())
  await count(1)
  expect(outcomes).toEqual(['dead'])
  const last = (await store.events.after(accountId, 0, 100)).at(-1)
  expect(last).toMatchObject({
    type: 'voicemail.mail-failed',
    data: { voicemailId: message.id, error: expect.stringContaining('not now') },
  })
  await clock.advance(100_000)
  await settle()
  expect(server.attempts()).toBe(1)
})

test('the server is down, the engine starts again, the server is back: it arrives once', async () => {
  const gone = await startMailServer()
  await gone.close()
  const first = drain(gone.port)
  await isLeft(wanting())
  await count(1)
  expect(outcomes).toEqual(['retried'])
  running.splice(0)
  const closing = first.close()
  await settle()
  await clock.advance(5_000)
  await closing
  await startMail()
  await count(2)
  expect(outcomes).toEqual(['retried', 'delivered'])
  expect(server.letters).toHaveLength(1)
})

test('a transcript that is being made is waited for, but not for ever', async () => {
  await startMail()
  const message = await isLeft(wanting(), { change: { transcriptStatus: 'pending' } })
  await until(
    async () => (await store.outbox.nextDueMs()) === clock.nowMs() + 5_000,
    () => 'put off',
  )
  expect([outcomes, server.letters]).toEqual([[], []])
  const transcript = { text: 'call me back', segments: [] }
  await store.recordings.amend(message.recordingId, { transcriptStatus: 'completed', transcript })
  await settle()
  await clock.advance(5_000)
  await count(1)
  expect(server.letters[0]!.source).toContain('call me back')
})

test('the transcript does not come: the e-mail goes after a minute', async () => {
  await startMail()
  await isLeft(wanting(), { change: { transcriptStatus: 'pending' } })
  for (let ms = 0; ms < 60_000; ms += 5_000) {
    const next = () => store.outbox.nextDueMs()
    await until(
      async () => (await next()) === clock.nowMs() + 5_000,
      () => 'put off',
    )
    await settle()
    await clock.advance(5_000)
  }
  await count(1)
  expect(outcomes).toEqual(['delivered'])
  expect((await store.deliveries.list(accountId, { limit: 1 }))[0]?.attempts).toBe(1)
})

test('deleted before it could be sent: nothing is', async () => {
  server = await startMailServer()
  const message = await isLeft(wanting())
  await store.voicemails.save({ ...message, folder: 'deleted' })
  drain(server.port)
  await count(1)
  expect([outcomes, server.letters]).toEqual([['dead'], []])
})

test('no mail server: the address is told of in the log', async () => {
  await isLeft(wanting())
  server = await startMailServer()
  const deliveries = startDeliveries({
    ...{ outbox: store.outbox, allowed: loopback, clock, log: testLog() },
    secrets: async () => [],
    render: () => undefined,
    metrics: { webhook: (outcome) => outcomes.push(outcome) },
  })
  running.push(deliveries)
  await count(1)
  expect(await events()).toContain('voicemail.mail-failed')
})

test('the box’s own address is told of the message', async () => {
  await startMail()
  const receiver = await serve()
  await isLeft(wanting({ email: null, webhookUrl: `${receiver.origin}/left` }))
  await count(1)
  expect(receiver.requests).toMatchObject([{ url: '/left', body: 'voicemail.left' }])
  expect(server.letters).toEqual([])
})

test('a box that wants neither makes no delivery', async () => {
  server = await startMailServer()
  await isLeft(wanting({ email: null }))
  expect(await store.outbox.nextDueMs()).toBeUndefined()
})
