import { describe, expect, test } from 'vitest'
import type { RecordingFiles } from '../../../engine/app/ports.ts'
import type { CallId, RecordingId } from '../../../engine/core/ids.ts'
import type { AudioStream, StreamListener } from '../../../engine/core/ports/streams.ts'
import type { InstructionRequest } from '../../../engine/core/ports/web.ts'
import type { RecordMessageVerb, Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'
import { sentBy } from '../../support/sent.ts'

const action = 'https://app.example/said'
const message: RecordMessageVerb = { verb: 'recordMessage', action }

interface Scene {
  readonly lab: CallLab
  readonly id: CallId
  readonly asked: InstructionRequest[]
  /** 20 ms each of what the phone says. */
  says(what: 'speech' | 'silence', frames: number): Promise<void>
}

const loud = new Uint8Array(
  Int16Array.from({ length: 160 }, (_, i) => (i % 2 ? 4_000 : -4_000)).buffer,
)
const quiet = new Uint8Array(320)

async function begun(
  verbs: readonly Verb[],
  finishMessage?: RecordingFiles['finishMessage'],
): Promise<Scene> {
  const asked: InstructionRequest[] = []
  let listener: StreamListener | undefined
  const stream: AudioStream = {
    ...{ speak: () => 'taken', mark: () => true, clear() {}, bufferedMs: 0, lost: 0 },
    close: () => {
      listener = undefined
    },
  }
  const lab = await openCallLab({
    media: {
      openStream: async (_id, _options, to) => {
        listener = to
        return stream
      },
    },
  })
  Object.assign(lab.ports.web, {
    instructions: async (request: InstructionRequest) => {
      asked.push(request)
      return jsonAnswer([{ verb: 'say', text: 'next' }])
    },
  })
  Object.assign(lab.ports.settings, {
    recordingUrl: (id: RecordingId) => `https://pbx.example/${id}`,
  })
  if (finishMessage) Object.assign(lab.ports.recordingFiles, { finishMessage })
  const { id } = await lab.centre.placeCall(lab.account, {
    ...{ to: '+61498765432', from: ownNumber, verbs },
  })
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  const says: Scene['says'] = async (what, frames) => {
    for (let n = 0; n < frames; n++) {
      const payload = what === 'speech' ? loud : quiet
      listener?.audio({ track: 'received', sequence: n, atMs: n * 20, payload })
    }
    await lab.settle()
  }
  return { lab, id, asked, says }
}

const recordingOf = async ({ lab }: Scene) =>
  (await lab.store.recordings.list(lab.account.id, { page: 1, pageSize: 10 })).recordings[0]

describe('a message', () => {
  test('begins after a beep, and ends when the caller is silent', async () => {
    const scene = await begun([message])
    const { lab, id, asked, says } = scene
    expect(lab.nowPlaying(id)).toMatchObject({ tone: 'beep' })
    expect(lab.commands).not.toContain('media.record c1 received')
    await lab.finishPlay(id)
    expect(lab.commands).toContain('media.record c1 received')
    await says('silence', 200)
    await says('speech', 100)
    await says('silence', 249)
    expect(asked).toEqual([])
    await says('silence', 1)
    const recording = await recordingOf(scene)
    expect(recording).toMatchObject({ status: 'completed', channels: 1, durationMs: 2_000 })
    expect(asked).toMatchObject([
      {
        url: action,
        fields: {
          ...{ recording_id: recording?.id, recording_duration: 2, digits: '' },
          recording_url: `https://pbx.example/${recording?.id}`,
        },
      },
    ])
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/next' })
  })

  test('goes on when its media thread dies, and the gap is where it is in what is left of it', async () => {
    const spoken = async () => ({ durationMs: 3_000, bytes: 60, beginsMs: 700 })
    const scene = await begun([{ ...message, beep: false, finishOnKeys: '#' }], spoken)
    const { lab, id, asked, says } = scene
    const { id: recordingId } = (await recordingOf(scene))!
    lab.media.recordingGap(recordingId, [{ kind: 'lost', startMs: 900, endMs: 2_000 }])
    await says('speech', 100)
    expect(asked).toEqual([])
    const lost = { kind: 'lost', startMs: 900, endMs: 2_000 } as const
    const late = { kind: 'lost', startMs: 3_900, endMs: 4_000 } as const
    lab.media.recordingEnded(id, {
      ...{ recordingId, path: '/x.wav', durationMs: 4_000, bytes: 60, failure: null },
      spans: [lost, late],
    })
    await lab.settle()
    expect(await recordingOf(scene)).toMatchObject({ status: 'completed', durationMs: 3_000 })
    expect((await recordingOf(scene))?.spans).toEqual([{ ...lost, startMs: 200, endMs: 1_300 }])
  })

  test('its text waits to be made where that is wanted', async () => {
    for (const transcribe of [true, false]) {
      const scene = await begun([{ ...message, beep: false, transcribe }])
      const status = (await recordingOf(scene))?.transcriptStatus
      expect(status).toBe(transcribe ? 'pending' : undefined)
    }
  })

  test('whoever wants its text is told that by JSON', async () => {
    const transcribeCallback = 'https://app.example/text'
    const wanted = { ...message, beep: false, transcribe: true, transcribeCallback }
    const scene = await begun([wanted])
    await scene.says('speech', 100)
    await scene.says('silence', 250)
    const recording = (await recordingOf(scene))!
    await scene.lab.store.recordings.transcribed(
      recording,
      { transcriptStatus: 'completed', transcript: { text: 'hello', segments: [] } },
      {
        ...{ type: 'recording.transcribed', atMs: scene.lab.clock.nowMs() },
        data: { recordingId: recording.id, callId: scene.id },
      },
    )
    const [told] = await sentBy(scene.lab)
    expect([told?.request.url, told?.method]).toEqual([transcribeCallback, 'POST'])
    expect(JSON.parse(String(told?.request.body))).toMatchObject({
      ...{ call_id: scene.id, recording_id: recording.id, transcription_status: 'completed' },
      ...{ transcription_text: 'hello', recording_url: `https://pbx.example/${recording.id}` },
      transcription_url: `https://pbx.example/${recording.id}/text`,
    })
  })

  test('ends by a key, which is told', async () => {
    const { lab, id, asked, says } = await begun([{ ...message, beep: false, finishOnKeys: '#' }])
    await says('speech', 100)
    for (const key of '1#') lab.media.digit(id, key, 100)
    await lab.settle()
    expect(asked).toMatchObject([{ fields: { digits: '#' } }])
  })

  test('does not end by a key that was pressed before', async () => {
    const { lab, id, asked, says } = await begun([{ verb: 'say', text: 'speak' }, message])
    lab.media.digit(id, '#', 100)
    await lab.finishPlay(id)
    await lab.finishPlay(id)
    await says('speech', 100)
    expect(asked).toEqual([])
    lab.media.digit(id, '5', 100)
    await lab.settle()
    expect(asked).toMatchObject([{ fields: { digits: '5' } }])
  })

  test('ends after its longest time; silence does not end it where it may not', async () => {
    const { lab, asked, says } = await begun([
      { ...message, beep: false, silenceMs: 0, maxLengthMs: 10_000 },
    ])
    await says('silence', 1_000)
    await lab.clock.advance(9_999)
    expect(asked).toEqual([])
    await lab.clock.advance(1)
    expect(asked).toHaveLength(1)
  })

  test('of one who hangs up is told, and nothing more is done', async () => {
    const { lab, id, asked, says } = await begun([{ ...message, beep: false }])
    await says('speech', 100)
    lab.sip.remoteHangup(id, 'BYE')
    await lab.settle()
    await lab.settle()

    expect(asked).toMatchObject([{ fields: { call_id: id, digits: 'hangup' } }])
    expect(lab.calls.size).toBe(0)
  })

  test('without a word is none: the list goes on', async () => {
    const scene = await begun(
      [
        { ...message, beep: false },
        { verb: 'say', text: 'nothing' },
      ],
      async () => undefined,
    )
    await scene.says('silence', 250)
    expect(scene.asked).toEqual([])
    expect(await recordingOf(scene)).toBeUndefined()
    expect(scene.lab.nowPlaying(scene.id)).toMatchObject({ path: '/speech/nothing' })
    // Nobody is woken for one who hangs up at the beep.
    expect(await scene.lab.logOf(scene.id)).not.toContain('recording.failed')
    const events = await scene.lab.store.events.ofCall(scene.lab.account.id, scene.id)
    expect(events.find(({ type }) => type === 'recording.discarded')?.data).toMatchObject({
      ...{ reason: 'silence', source: 'message' },
    })
  })

  test('is told to its own address too, and that nobody has spoken where that is wished', async () => {
    const statusCallback = 'https://app.example/status'
    const spoken = await begun([{ ...message, beep: false, statusCallback }])
    await spoken.says('speech', 50)
    await spoken.says('silence', 250)
    const recording = await recordingOf(spoken)
    const bodies = async ({ lab }: Scene) =>
      (await sentBy(lab)).map(({ request }) => [request.url, JSON.parse(String(request.body))])
    const completed = { recording_status: 'completed', recording_duration: 2 }
    expect(await bodies(spoken)).toMatchObject([
      [statusCallback, { call_id: spoken.id, recording_id: recording?.id, ...completed }],
    ])
    const empty = await begun(
      [{ ...message, beep: false, statusCallback, statusCallbackEvents: ['absent'] }],
      async () => undefined,
    )
    await empty.says('silence', 250)
    expect(await bodies(empty)).toMatchObject([[statusCallback, { recording_status: 'absent' }]])
  })

  test('without an action the list goes on', async () => {
    const { lab, id, says } = await begun([
      { verb: 'recordMessage', beep: false },
      { verb: 'say', text: 'thanks' },
    ])
    await says('speech', 50)
    await says('silence', 250)
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/thanks' })
  })

  test('can be left on a call that is being recorded, which goes on', async () => {
    const scene = await begun([
      { verb: 'record', action: 'start' },
      { ...message, beep: false },
    ])
    const { lab, id, asked, says } = scene
    await says('speech', 50)
    await says('silence', 250)
    expect(asked).toHaveLength(1)
    const { recordings } = await lab.store.recordings.list(lab.account.id, { page: 1, pageSize: 9 })
    const statuses = new Map(recordings.map(({ source, status }) => [source ?? 'call', status]))
    expect(statuses.get('call')).toBe('in-progress')
    expect(statuses.get('message')).toBe('completed')
    lab.sip.remoteHangup(id, 'bye')
    await lab.settle()
    const call = await lab.store.calls.get(lab.account.id, id)
    const ofCall = recordings.find(({ source }) => source === undefined)
    expect(call?.recordingId).toBe(ofCall?.id)
  })
})
