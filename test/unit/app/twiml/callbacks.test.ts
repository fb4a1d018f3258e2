// What a document wants told goes the way of all webhooks: what is tested here is what would be sent.

import twilio from 'twilio'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Transcripts } from '../../../../engine/app/recordings/transcripts.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { Transcript } from '../../../../engine/core/ports/recordings.ts'
import type { InstructionRequest, Web } from '../../../../engine/core/ports/web.ts'
import { type CallLab, openCallLab, ownNumber } from '../../../support/call-lab.ts'
import { type Sent, sentBy } from '../../../support/sent.ts'

type VoiceResponse = InstanceType<typeof twilio.twiml.VoiceResponse>

const root = 'https://app.example'
const [kate, liam] = ['+61400000001', '+61400000002']

interface Scene {
  readonly lab: CallLab
  readonly caller: CallId
  readonly asked: InstructionRequest[]
}

/** A caller for whom this document is run, and empty ones wherever it leads. */
async function called(
  build: (response: VoiceResponse) => unknown,
  more: Readonly<Record<string, (response: VoiceResponse) => unknown>> = {},
  web: Partial<Web> = {},
): Promise<Scene> {
  const asked: InstructionRequest[] = []
  const lab = await openCallLab()
  Object.assign(lab.ports.web, {
    ...web,
    instructions: async (request: InstructionRequest) => {
      asked.push(request)
      const response = new twilio.twiml.VoiceResponse()
      if (request.url === `${root}/voice`) build(response)
      more[request.url.replace(root, '')]?.(response)
      return { url: request.url, type: 'text/xml', text: response.toString() }
    },
  })
  const { id: caller } = await lab.centre.placeCall(lab.account, {
    ...{ to: '+61498765432', from: ownNumber, url: `${root}/voice` },
  })
  await lab.settle()
  lab.sip.answered(caller, 'v=0', 'x')
  await lab.settle()
  return { lab, caller, asked }
}

const sent = ({ lab }: Scene): Promise<Sent[]> => sentBy(lab)
const formsAt = (all: readonly Sent[], path: string) =>
  all.filter((one) => one.path === path).map(({ form }) => form)

async function answer({ lab }: Scene, nth: number): Promise<CallId> {
  const id = lab.invited[nth]!
  lab.sip.answered(id, 'v=0', `x${nth}`)
  await lab.settle()
  return id
}

describe('how the call of a noun goes', () => {
  const events = ['initiated', 'ringing', 'answered', 'completed'] as const

  test('each event that is wanted is told, by form, signed as its users check it', async () => {
    const scene = await called((r) =>
      r.dial().number({ statusCallback: '/status', statusCallbackEvent: [...events] }, kate),
    )
    const { lab, caller } = scene
    lab.sip.progress(lab.invited[1]!, 180, undefined)
    await lab.settle()
    const other = await answer(scene, 1)
    await lab.clock.advance(61_000)
    lab.sip.remoteHangup(other, 'BYE')
    const all = await sent(scene)
    const forms = formsAt(all, '/status')
    expect(forms.map(({ CallStatus }) => CallStatus)).toEqual([
      ...['initiated', 'ringing', 'in-progress', 'completed'],
    ])
    expect(forms.map(({ SequenceNumber }) => SequenceNumber)).toEqual(['0', '1', '2', '3'])
    expect(forms.at(-1)).toMatchObject({
      ...{ CallSid: other, ParentCallSid: caller, AccountSid: lab.account.id, To: kate },
      ...{ Direction: 'outbound-dial', CallDuration: '61', Duration: '2' },
      CallbackSource: 'call-progress-events',
      Timestamp: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000$/),
    })
    expect(all[0]?.request).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      signature: { header: 'x-twilio-signature', over: 'address-and-fields' },
    })
  })

  test('unless said otherwise only its end; by GET all stands in the address', async () => {
    const scene = await called((r) =>
      r.dial().number({ statusCallback: '/status?a=1', statusCallbackMethod: 'GET' }, kate),
    )
    scene.lab.sip.rejected(scene.lab.invited[1]!, 486, 'Busy Here')
    const [only, ...others] = await sent(scene)
    expect(others).toEqual([])
    expect(only).toMatchObject({ method: 'GET', form: { a: '1', CallStatus: 'busy' } })
    expect(only?.request.body).toBeUndefined()
  })

  test('who has answered is told when it is known; nobody waits for it', async () => {
    const scene = await called((r) =>
      r.dial().number({ machineDetection: 'Enable', amdStatusCallback: '/amd' } as object, kate),
    )
    const { lab } = scene
    const found = Promise.withResolvers<unknown>()
    Object.assign(lab.ports.media, { detectAnswerer: () => found.promise })
    const other = await answer(scene, 1)
    expect(lab.commands).toContain('media.bridge c1 c2')
    const times = { atMs: 3100, initialSilenceMs: 200, greetingMs: 2400 }
    found.resolve({ answerer: 'machine_start', ...times })
    expect(formsAt(await sent(scene), '/amd')).toEqual([
      {
        ...{ AccountSid: lab.account.id, CallSid: other, AnsweredBy: 'machine_start' },
        MachineDetectionDuration: '3100',
      },
    ])
  })
})

describe('what becomes of a recording', () => {
  const wanted = {
    recordingStatusCallback: '/recorded',
    recordingStatusCallbackEvent: ['in-progress', 'completed', 'absent'] as const,
  }
  const told = () => ({
    ...wanted,
    recordingStatusCallbackEvent: [...wanted.recordingStatusCallbackEvent],
  })

  test('of a Dial', async () => {
    const scene = await called((r) => r.dial({ record: 'record-from-answer', ...told() }, kate))
    const { lab, caller } = scene
    const other = await answer(scene, 1)
    expect(lab.commands).toContain('media.record c1 mixed')
    lab.sip.remoteHangup(other, 'BYE')
    const [begun, over, ...more] = formsAt(await sent(scene), '/recorded')
    expect(more).toEqual([])
    const { recordings } = await lab.store.recordings.list(lab.account.id, {
      ...{ page: 1, pageSize: 9 },
    })
    const of = {
      ...{ AccountSid: lab.account.id, CallSid: caller, RecordingSid: recordings[0]?.id },
      ...{ RecordingChannels: '1', RecordingTrack: 'both', RecordingSource: 'DialVerb' },
      RecordingStartTime: expect.stringContaining(' +0000'),
    }
    expect(begun).toEqual({ ...of, RecordingStatus: 'in-progress' })
    expect(over).toEqual({
      ...{ ...of, RecordingStatus: 'completed', RecordingDuration: '0' },
      RecordingUrl: `https://pbx.example/${recordings[0]?.id}`,
    })
  })

  test('of a Record in which nobody speaks', async () => {
    const scene = await called((r) => r.record({ playBeep: false, timeout: 0, ...told() }))
    const { lab, caller } = scene
    Object.assign(lab.ports.recordingFiles, { finishMessage: async () => undefined })
    lab.media.digit(caller, '1', 100)
    const forms = formsAt(await sent(scene), '/recorded')
    expect(forms.map(({ RecordingStatus }) => RecordingStatus)).toEqual(['in-progress', 'absent'])
    expect(forms[1]).toMatchObject({ RecordingSource: 'RecordVerb', RecordingTrack: 'inbound' })
    expect(forms[1]).not.toHaveProperty('RecordingUrl')
  })

  test('a disk that is full is told, and the talk goes on', async () => {
    const scene = await called((r) => r.dial({ record: 'record-from-answer', ...told() }, kate))
    const { lab } = scene
    Object.assign(lab.ports.recordingFiles, {
      pathFor: async () => {
        throw new Error('ENOSPC')
      },
    })
    await answer(scene, 1)
    const forms = formsAt(await sent(scene), '/recorded')
    expect(forms.map(({ RecordingStatus }) => RecordingStatus)).toEqual(['absent'])
    expect(lab.commands).toContain('media.bridge c1 c2')
  })

  test('of a process that died: told with what the next start has made whole', async () => {
    const scene = await called((r) => r.dial({ record: 'record-from-answer', ...told() }, kate))
    const { lab, caller } = scene
    await answer(scene, 1)
    await sent(scene)
    const stored = (await lab.store.calls.get(lab.account.id, caller))!
    const { recordings } = await lab.store.recordings.list(lab.account.id, {
      ...{ page: 1, pageSize: 9 },
    })
    const draft = {
      type: 'recording.completed',
      ...{ callId: caller, atMs: lab.clock.nowMs() },
      data: { recordingId: recordings[0]?.id, reason: 'process_restarted' },
    } as const
    await lab.store.calls.commit(stored, [draft])
    expect(formsAt(await sent(scene), '/recorded')).toMatchObject([
      { RecordingStatus: 'completed', RecordingSource: 'DialVerb' },
    ])
  })
})

describe('the text of a Record', () => {
  const said: Transcript = { text: 'hello & there', segments: [] }
  const broken = new Failure('transcription_failed', 'no model is set')

  /** A message of the caller, who hangs up; its text is made after that. */
  async function left(heard: Transcript | Failure | Promise<Transcript>) {
    const scene = await called((r) =>
      r.record({ playBeep: false, timeout: 0, transcribe: true, transcribeCallback: '/text' }),
    )
    const { lab, caller } = scene
    lab.sip.remoteHangup(caller, 'BYE')
    await lab.settle()
    expect(formsAt(await sent(scene), '/text')).toEqual([])
    const transcripts = new Transcripts(lab.ports, {
      transcriber: {
        unavailableBecause: () => undefined,
        transcribe: () =>
          heard instanceof Failure ? Promise.reject(heard) : Promise.resolve(heard),
      },
      async *soundOf() {},
    })
    onTestFinished(() => transcripts.close())
    await lab.settle()
    const { recordings } = await lab.store.recordings.list(lab.account.id, {
      ...{ page: 1, pageSize: 9 },
    })
    const [recording] = recordings
    if (recording === undefined) throw new Error('nothing was recorded')
    return { scene, recording }
  }
  const textsOf = async (scene: Scene) => (await sent(scene)).filter(({ path }) => path === '/text')

  test('is told once the call is over, signed as its users check it; no log has it', async () => {
    const { scene, recording } = await left(said)
    const { lab, caller } = scene
    const logged = await lab.store.events.page(lab.account.id, { after: 0, limit: 100 })
    const waiting = await lab.store.outbox.due(lab.clock.nowMs() + 1e9, 50)
    expect(waiting.map(({ event }) => event.type)).toContain('recording.transcribed')
    expect(JSON.stringify([logged, waiting])).not.toContain('hello')
    const [one, ...more] = await textsOf(scene)
    expect(more).toEqual([])
    expect(one?.method).toBe('POST')
    expect(one?.request.signature).toEqual({
      ...{ header: 'x-twilio-signature', over: 'address-and-fields' },
    })
    expect(one?.form).toMatchObject({
      ...{ AccountSid: lab.account.id, CallSid: caller, To: '+61498765432', From: ownNumber },
      ...{ TranscriptionSid: recording.id, TranscriptionStatus: 'completed' },
      ...{ TranscriptionText: said.text, RecordingSid: recording.id },
      TranscriptionUrl: `https://pbx.example/${recording.id}/text`,
      RecordingUrl: `https://pbx.example/${recording.id}`,
    })
  })

  test('is told to have failed where nothing can make it', async () => {
    const { scene, recording } = await left(broken)
    expect((await textsOf(scene)).map(({ form }) => form)).toMatchObject([
      {
        ...{ TranscriptionStatus: 'failed', TranscriptionText: '', RecordingSid: recording.id },
        TranscriptionError: 'no model is set',
      },
    ])
  })

  test('is told once to have failed when the recording is deleted while it is being made', async () => {
    const heard = Promise.withResolvers<Transcript>()
    const { scene, recording } = await left(heard.promise)
    expect(await textsOf(scene)).toEqual([])
    const { recordings } = scene.lab.store
    await recordings.beginDeletion(recording, { by: 'api', why: 'asked' }, scene.lab.clock.nowMs())
    heard.resolve(said)
    await scene.lab.settle()
    expect((await textsOf(scene)).map(({ form }) => form)).toMatchObject([
      {
        ...{ TranscriptionStatus: 'failed', TranscriptionText: '', RecordingSid: recording.id },
        TranscriptionError: 'the recording was deleted before its text was made',
      },
    ])
  })

  test('is not told any more when the recording was deleted before it could be sent', async () => {
    const { scene, recording } = await left(said)
    const { recordings } = scene.lab.store
    await recordings.beginDeletion(recording, { by: 'api', why: 'asked' }, 1)
    const [one] = await textsOf(scene)
    expect(one?.form).toMatchObject({
      ...{ TranscriptionStatus: 'failed', TranscriptionText: '', RecordingSid: recording.id },
      TranscriptionError: 'the recording was deleted',
    })
    expect(one?.form).not.toHaveProperty('RecordingUrl')
    expect(one?.form).not.toHaveProperty('TranscriptionUrl')
  })
})

test('what goes on in a conference', async () => {
  const scene = await called((r) =>
    r.dial().conference(
      {
        ...{ statusCallback: '/room', statusCallbackMethod: 'POST', record: 'record-from-start' },
        ...{ statusCallbackEvent: ['start', 'end', 'join', 'leave', 'mute'] },
        ...{ participantLabel: 'host', endConferenceOnExit: true, waitUrl: '' },
        ...{ recordingStatusCallback: '/recorded' },
      },
      'Room 7',
    ),
  )
  const { lab, caller } = scene
  const [room] = lab.calls.conferences.of(lab.account.id)
  lab.sip.remoteHangup(caller, 'BYE')
  const all = await sent(scene)
  const forms = formsAt(all, '/room')
  expect(forms.map(({ StatusCallbackEvent }) => StatusCallbackEvent)).toEqual([
    ...['conference-start', 'participant-join', 'participant-leave', 'conference-end'],
  ])
  const about = { AccountSid: lab.account.id, ConferenceSid: room?.id, FriendlyName: 'Room 7' }
  expect(forms[1]).toMatchObject({
    ...{ ...about, CallSid: caller, ParticipantLabel: 'host', Muted: 'false', Hold: 'false' },
    ...{ StartConferenceOnEnter: 'true', Coaching: 'false' },
    Timestamp: expect.stringContaining(' +0000'),
  })
  expect(forms[2]).toMatchObject({ ReasonParticipantLeft: 'participant_hung_up' })
  expect(forms[3]).toMatchObject(about)
  expect(formsAt(all, '/recorded')).toMatchObject([
    {
      ...{ ...about, RecordingStatus: 'completed', RecordingSource: 'Conference' },
      ...{ RecordingChannels: '1', RecordingUrl: expect.stringContaining('https://pbx.example/') },
    },
  ])
})

describe('a Dial', () => {
  test('in turn: the next is called when the one before has not come', async () => {
    const scene = await called((r) => {
      const dial = r.dial({ sequential: true, timeout: 10, action: '/after' })
      dial.number(kate)
      dial.number(liam)
    })
    const { lab, asked } = scene
    expect(lab.invited).toHaveLength(2)
    await lab.clock.advance(10_000)
    await lab.settle()
    const { calls } = await lab.store.calls.list(lab.account.id, { page: 1, pageSize: 9 })
    expect(calls.filter(({ parentId }) => parentId !== null)).toMatchObject([
      { to: liam, status: 'queued' },
      { to: kate, status: 'no-answer' },
    ])
    const second = await answer(scene, 2)
    expect(lab.commands).toContain('media.bridge c1 c3')
    lab.sip.remoteHangup(second, 'BYE')
    await lab.settle()
    expect(asked.at(-1)?.fields).toMatchObject({ DialCallSid: second, DialCallStatus: 'completed' })
  })

  test('whose ringback is that of a country', async () => {
    const { lab, caller } = await called((r) => r.dial({ ringTone: 'fr' }, kate))
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'ringback', country: 'fr' })
  })

  test('that is recorded while it rings', async () => {
    const scene = await called((r) => r.dial({ record: 'record-from-ringing-dual' }, kate))
    const { lab } = scene
    expect(lab.commands).toContain('media.record c1 receivedLeft')
    lab.sip.rejected(lab.invited[1]!, 486, 'Busy Here')
    await lab.settle()
    expect(lab.commands).toContain('media.stopRecording c1')
  })

  test.each([
    ['inbound', 'received'],
    ['outbound', 'sent'],
  ] as const)('of which only what is %s is recorded', async (recordingTrack, layout) => {
    const scene = await called((r) =>
      r.dial({ record: 'record-from-answer', recordingTrack }, kate),
    )
    await answer(scene, 1)
    expect(scene.lab.commands).toContain(`media.record c1 ${layout}`)
  })
})

describe('who waits in a conference hears', () => {
  const alone = (waitUrl: string) => (r: VoiceResponse) => r.dial().conference({ waitUrl }, 'a')
  const warningsOf = async ({ lab, caller }: Scene) =>
    (await lab.store.events.ofCall(lab.account.id, caller))
      .filter(({ type }) => type === 'instructions.warning')
      .map(({ data }) => data['warnings'])

  test('the sound that a document plays', async () => {
    const scene = await called(alone('/wait'), { '/wait': (r) => r.play('/tune.mp3') })
    const { lab, caller, asked } = scene
    expect(lab.nowPlaying(caller)).toMatchObject({ name: `/prompt/${root}/tune.mp3` })
    expect(asked[1]).toMatchObject({ method: 'POST', fields: { FriendlyName: 'a' } })
    expect(await warningsOf(scene)).toEqual([])
  })

  test('of several sounds the first, which is told', async () => {
    const scene = await called(alone('/wait'), {
      '/wait': (r) => {
        r.say('Wait')
        r.play('/tune.mp3')
      },
    })
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject({ name: `/prompt/${root}/tune.mp3` })
    expect(await warningsOf(scene)).toEqual([['waitUrl: only its first Play is heard']])
  })

  test('what is itself a sound, and no document', async () => {
    const scene = await called(alone('/moh'), {
      '/moh': () => {
        throw new Failure('invalid_json', 'the answer is no text')
      },
    })
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject({ name: `/prompt/${root}/moh` })
  })

  test('the usual music where what a document plays may not be reached, which is told', async () => {
    const play = { '/wait': (r: VoiceResponse) => r.play('http://10.0.0.1/a.wav') }
    const scene = await called(alone('/wait'), play, {
      checkPromptUrl: (url) => {
        if (url.includes('10.0.0.1')) throw new Failure('url_not_allowed', 'a private address')
      },
    })
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject({ tone: 'hold' })
    expect(await warningsOf(scene)).toEqual([
      ['waitUrl: a private address: the usual music is heard'],
    ])
  })

  test('the usual music where a document plays nothing, which is told', async () => {
    const scene = await called(alone('/wait'))
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject({ tone: 'hold' })
    expect(await warningsOf(scene)).toEqual([['waitUrl: plays nothing: the usual music is heard']])
  })
})
