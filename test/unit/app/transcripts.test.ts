import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordingKept } from '../../../engine/app/recordings/kept.ts'
import { Transcripts } from '../../../engine/app/recordings/transcripts.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord, Transcript } from '../../../engine/core/ports/recordings.ts'
import type { Transcriber } from '../../../engine/core/ports/transcriber.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'
import { settle } from '../../support/virtual-clock.ts'
import { uuid } from '../store/fixtures.ts'

const said: Transcript = {
  text: 'hello there',
  segments: [{ startMs: 0, endMs: 900, channel: 1, text: 'hello there' }],
}
let lab: CallLab
let transcripts: Transcripts | undefined
beforeEach(async () => {
  lab = await openCallLab()
})
afterEach(async () => {
  await transcripts?.close()
  transcripts = undefined
  await lab.store.close()
})

const recording = (name: string, over: Partial<RecordingRecord> = {}): RecordingRecord => ({
  ...{ id: uuid(`recording ${name}`) as RecordingId, accountId: lab.account.id, callId: null },
  ...{ status: 'completed', failure: null, path: `2026/01/${name}.wav`, channels: 2 },
  ...{ durationMs: 1_000, bytes: 60, createdAtMs: lab.clock.nowMs() },
  ...over,
})
const stored = ({ id }: RecordingRecord) => lab.store.recordings.get(lab.account.id, id)
async function* nothing(): AsyncGenerator<never> {}

/** What it is given, in order; each is answered by the next of these. */
function opened(answers: readonly (Transcript | Error)[], missing?: string) {
  const asked: string[] = []
  const left = [...answers]
  const transcriber: Transcriber = {
    unavailableBecause: () => missing,
    async transcribe() {
      const answer = left.shift()
      if (answer === undefined) return new Promise(() => {})
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  transcripts = new Transcripts(lab.ports, {
    transcriber,
    soundOf(one) {
      asked.push(one.path)
      return nothing()
    },
  })
  return { asked, transcripts }
}
const told = async () =>
  (await lab.store.events.page(lab.account.id, { after: 0, limit: 100 })).events
    .filter(({ type }) => type.startsWith('recording.transc'))
    .map(({ type, data }) => [type, data])
const broken = new Failure('transcription_failed', 'the process was killed')

describe('a recording that is kept', () => {
  test('is transcribed when its account wants that; the event tells it', async () => {
    await lab.store.recordings.settings.set(lab.account.id, { transcribe: true })
    const { asked } = opened([said])
    const one = recording('one')
    await lab.store.recordings.save(one)
    await recordingKept(lab.ports, one)
    await settle()
    expect(asked).toEqual([one.path])
    expect(await stored(one)).toMatchObject({ transcriptStatus: 'completed', transcript: said })
    expect(await told()).toEqual([
      ['recording.transcribed', { recordingId: one.id, callId: null, characters: 11, segments: 1 }],
    ])
  })

  test('is transcribed when it was asked for while it was made; without a model that fails, and is told', async () => {
    const { asked } = opened([said], 'no model is set')
    const one = recording('one')
    await lab.store.recordings.save(one)
    await lab.store.recordings.amend(one.id, { transcriptStatus: 'pending' })
    await recordingKept(lab.ports, one)
    await settle()
    expect(asked).toEqual([])
    expect(await stored(one)).toMatchObject({ transcriptStatus: 'failed' })
    expect(await told()).toMatchObject([
      ['recording.transcription-failed', { recordingId: one.id }],
    ])
  })

  test('is left alone when nobody asked', async () => {
    const { asked } = opened([said])
    const one = recording('one')
    await lab.store.recordings.save(one)
    await recordingKept(lab.ports, one)
    await settle()
    expect(asked).toEqual([])
    expect((await stored(one))?.transcriptStatus).toBeUndefined()
  })

  test('is waited for when its plain file goes afterwards', async () => {
    const { asked } = opened([said])
    const one = recording('one')
    await lab.store.recordings.save(one)
    await lab.store.recordings.amend(one.id, { transcriptStatus: 'pending', encryption: { x: 1 } })
    await recordingKept(lab.ports, one)
    expect(asked).toEqual([one.path])
    expect(await stored(one)).toMatchObject({ transcriptStatus: 'completed' })
  })
})

test('of one that is deleted while it is listened to nothing is kept; that it failed is told once', async () => {
  const one = recording('one')
  await lab.store.recordings.save(one)
  const heard = Promise.withResolvers<Transcript>()
  const begun = Promise.withResolvers<void>()
  transcripts = new Transcripts(lab.ports, {
    transcriber: {
      unavailableBecause: () => undefined,
      transcribe() {
        begun.resolve()
        return heard.promise
      },
    },
    soundOf: nothing,
  })
  await transcripts.ask(lab.account.id, one.id)
  await begun.promise
  await lab.store.recordings.beginDeletion(one, { by: 'api', why: 'asked' }, 1)
  heard.resolve(said)
  await settle()
  const [deleting] = await lab.store.recordings.deleting(1)
  expect(deleting?.transcript).toBeUndefined()
  const reason = 'the recording was deleted before its text was made'
  expect(await told()).toEqual([
    ['recording.transcription-failed', { recordingId: one.id, callId: null, reason }],
  ])
})

test('what was pending before a restart is taken up, the oldest first', async () => {
  const [late, early] = [
    recording('late', { createdAtMs: 9 }),
    recording('early', { createdAtMs: 1 }),
  ]
  for (const one of [late, early]) {
    await lab.store.recordings.save(one)
    await lab.store.recordings.amend(one.id, { transcriptStatus: 'pending' })
  }
  const { asked } = opened([said, said])
  await settle()
  expect(asked).toEqual([early.path, late.path])
  expect((await stored(late))?.transcriptStatus).toBe('completed')
})

test('a process that dies is tried once more; then it has failed, with the reason', async () => {
  const [one, two] = [recording('one', { createdAtMs: 1 }), recording('two', { createdAtMs: 2 })]
  for (const each of [one, two]) {
    await lab.store.recordings.save(each)
    await lab.store.recordings.amend(each.id, { transcriptStatus: 'pending' })
  }
  const { asked } = opened([broken, said, broken, broken])
  await settle()
  expect(asked).toHaveLength(4)
  expect(await stored(one)).toMatchObject({ transcriptStatus: 'completed' })
  expect(await stored(two)).toMatchObject({
    transcriptStatus: 'failed',
    transcriptFailure: 'the process was killed',
  })
  expect((await told()).at(-1)).toEqual([
    'recording.transcription-failed',
    { recordingId: two.id, callId: null, reason: 'the process was killed' },
  ])
})

test('an engine that closes leaves it pending', async () => {
  const one = recording('one')
  await lab.store.recordings.save(one)
  await lab.store.recordings.amend(one.id, { transcriptStatus: 'pending' })
  const made = new Transcripts(lab.ports, {
    transcriber: {
      unavailableBecause: () => undefined,
      transcribe: (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    },
    soundOf: nothing,
  })
  await settle()
  await made.close()
  expect(await stored(one)).toMatchObject({ transcriptStatus: 'pending' })
})

describe('one that is asked for', () => {
  test('is made again', async () => {
    const one = recording('one')
    await lab.store.recordings.save(one)
    const { transcripts: desk } = opened([said, { ...said, text: 'better' }])
    await settle()
    expect(await desk.ask(lab.account.id, one.id)).toMatchObject({ transcriptStatus: 'pending' })
    await settle()
    await desk.ask(lab.account.id, one.id)
    await settle()
    expect((await stored(one))?.transcript?.text).toBe('better')
  })

  test('is refused without a recording, a whole one, or a model', async () => {
    const running = recording('running', { status: 'in-progress' })
    const whole = recording('whole')
    await lab.store.recordings.save(running)
    await lab.store.recordings.save(whole)
    const { transcripts: desk } = opened([], 'there is no tokens.txt in it')
    await expect(desk.ask(lab.account.id, uuid('none'))).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(desk.ask(lab.account.id, 'x')).rejects.toMatchObject({ code: 'not_found' })
    await expect(desk.ask(lab.account.id, running.id)).rejects.toMatchObject({
      code: 'recording_in_progress',
    })
    await expect(desk.ask(lab.account.id, whole.id)).rejects.toMatchObject({
      code: 'transcription_failed',
      message: 'there is no tokens.txt in it',
    })
    expect((await stored(whole))?.transcriptStatus).toBeUndefined()
  })

  test('is refused when it was deleted just then: nobody would be told', async () => {
    const one = recording('one')
    await lab.store.recordings.save(one)
    const { recordings } = lab.store
    const amend: typeof recordings.amend = async (id, change) => {
      await recordings.beginDeletion(one, { by: 'api', why: 'asked' }, 1)
      await recordings.amend(id, change)
    }
    const store = { ...lab.store, recordings: { ...recordings, amend } }
    const desk = new Transcripts(
      { ...lab.ports, store },
      {
        transcriber: { unavailableBecause: () => undefined, transcribe: async () => said },
        soundOf: nothing,
      },
    )
    transcripts = desk
    await expect(desk.ask(lab.account.id, one.id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await told()).toEqual([])
  })
})
