import { describe, expect, test } from 'vitest'
import { english } from '../../../engine/app/phrases/index.ts'
import type { Detection } from '../../../engine/core/answerer.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'

const agentPhone = '+61412345678'
const leadPhone = '+61498765432'
const request = { agentPhone, leadPhone, leadName: 'Sarah Johnson', source: 'Zillow' }

const whisper = 'New lead from Zillow: Sarah Johnson. Press 1 to connect.'

async function triggered(lab: CallLab): Promise<CallId> {
  const { id } = await lab.centre.triggerCall(lab.account, request)
  await lab.settle()
  return id
}

async function answer(lab: CallLab, id: CallId): Promise<void> {
  lab.sip.answered(id, 'v=0', 'sip-call-id')
  await lab.settle()
}

async function press(lab: CallLab, id: CallId, digit: string): Promise<void> {
  lab.media.digit(id, digit, 100)
  await lab.settle()
}

const failureOf = async (lab: CallLab, id: CallId) =>
  (await lab.centre.getCall(lab.account.id, id)).trigger?.failure

test('agent answers, presses 1, lead answers: bridged and recorded, agent on the left', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  lab.sip.progress(agent, 180, undefined)
  await answer(lab, agent)
  expect(lab.nowPlaying(agent)).toMatchObject({ path: `/speech/${whisper}` })
  expect(lab.invited).toHaveLength(1)
  await press(lab, agent, '1')
  const lead = lab.invited[1]!
  expect(lab.nowPlaying(agent)).toMatchObject({ tone: 'ringback' })
  await answer(lab, lead)
  expect(lab.commands).toContain('media.bridge c1 c2')
  expect(lab.commands).toContain('media.record c1 receivedLeft')
  const stored = await lab.centre.getCall(lab.account.id, agent)
  expect(stored.trigger).toMatchObject({ failure: null, connectedAtMs: lab.clock.nowMs() })
  lab.sip.remoteHangup(lead, 'BYE')
  await lab.settle()
  expect(lab.commands).toContain('sip.bye c1')
  expect(lab.calls.size).toBe(0)
  expect((await lab.centre.getCall(lab.account.id, agent)).status).toBe('completed')
  expect((await lab.centre.childrenOf(lab.account.id, agent)).map((call) => call.id)).toEqual([
    lead,
  ])
  expect(lab.clock.pendingTimers).toBe(0)
  expect(await lab.logOf(agent)).toEqual([
    'call.queued',
    'call.ringing',
    'call.in-progress',
    'verb.started',
    'digit.received',
    'verb.ended',
    'bridge.started',
    'recording.started',
    'trigger.connected',
    'recording.completed',
    'bridge.ended',
    'call.completed',
  ])
})

describe('an answering machine in the place of the agent', () => {
  async function detecting(hangsUpMachine: boolean) {
    const asked: ((found: Detection) => void)[] = []
    const detectAnswerer = () => new Promise<Detection>((resolve) => asked.push(resolve))
    const lab = await openCallLab({ media: { detectAnswerer } })
    const { id: agent } = await lab.centre.triggerCall(lab.account, { ...request, hangsUpMachine })
    await lab.settle()
    await answer(lab, agent)
    const found = async (answerer: Detection['answerer']) => {
      for (const tell of asked) {
        tell({ answerer, atMs: 2_400, initialSilenceMs: 0, greetingMs: 2_400 })
      }
      await lab.settle()
    }
    return { lab, agent, found, asked }
  }

  test('is hung up, and the lead is not called', async () => {
    const { lab, agent, found } = await detecting(true)
    expect(lab.nowPlaying(agent)).toMatchObject({ path: `/speech/${whisper}` })
    await found('machine_start')
    expect(lab.commands).toContain('sip.bye c1')
    expect(await failureOf(lab, agent)).toBe('agent_no_answer')
    expect((await lab.centre.getCall(lab.account.id, agent)).answeredBy).toBe('machine_start')
    expect(lab.invited).toHaveLength(1)
    expect(lab.calls.size).toBe(0)
  })

  test.each(['human', 'unknown'] as const)('%s: goes on with the whisper', async (answerer) => {
    const { lab, agent, found } = await detecting(true)
    await found(answerer)
    await press(lab, agent, '1')
    expect(lab.invited).toHaveLength(2)
  })

  test('who has pressed the key is none, whatever he sounds like', async () => {
    const { lab, agent, found } = await detecting(true)
    await press(lab, agent, '1')
    await found('machine_start')
    await answer(lab, lab.invited[1]!)
    expect(lab.commands).toContain('media.bridge c1 c2')
  })

  test('is not looked for unless that is wished', async () => {
    const { asked } = await detecting(false)
    expect(asked).toEqual([])
  })
})

test('not recorded where the account does not want it', async () => {
  const lab = await openCallLab()
  const account = { ...lab.account, recordTriggerCalls: false }
  const { id: agent } = await lab.centre.triggerCall(account, request)
  await lab.settle()
  await answer(lab, agent)
  await press(lab, agent, '1')
  await answer(lab, lab.invited[1]!)
  expect(lab.commands).toContain('media.bridge c1 c2')
  expect(lab.commands.filter((command) => command.startsWith('media.record'))).toEqual([])
})

test('the whisper is plain text, whatever the lead is called', async () => {
  const spoken: unknown[] = []
  const lab = await openCallLab()
  const { synthesise, speak } = lab.ports.speech
  lab.ports.speech.synthesise = (what, signal) => {
    spoken.push({ ...what, isReadyFirst: true })
    return synthesise(what, signal)
  }
  lab.ports.speech.speak = (what, signal) => {
    spoken.push(what)
    return speak(what, signal)
  }
  const leadName = '<speak>Sarah</speak>'
  const { id: agent } = await lab.centre.triggerCall(lab.account, { ...request, leadName })
  await lab.settle()
  await answer(lab, agent)
  const text = 'New lead from Zillow: <speak>Sarah</speak>. Press 1 to connect.'
  // Made while the agent's phone rings, so that he hears it as soon as he answers.
  expect(spoken).toMatchObject([{ text, isReadyFirst: true }, { text }])
  expect(JSON.stringify(spoken)).not.toContain('markup')
})

test('keys pressed in the conversation are for the other side', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  lab.sip.infoDigit(agent, '1', 160)
  await lab.settle()
  await answer(lab, lab.invited[1]!)
  lab.sip.infoDigit(agent, '5', 160)
  lab.media.digit(agent, '6', 160)
  await lab.settle()
  expect(lab.commands.filter((line) => line.startsWith('media.sendDigits'))).toEqual([
    'media.sendDigits c2 5',
  ])
})

test('the agent hangs up in mid-conversation: the lead is hung up too', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  await press(lab, agent, '1')
  const lead = lab.invited[1]!
  await answer(lab, lead)
  lab.sip.remoteHangup(agent, 'BYE')
  await lab.settle()
  expect(lab.commands).toContain('sip.bye c2')
  expect(lab.calls.size).toBe(0)
})

test('silence: the whisper is played twice, 8 s apart, then the agent is hung up', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  await lab.finishPlay(agent)
  await lab.clock.advance(7_999)
  expect(lab.nowPlaying(agent)).toBeUndefined()
  await lab.clock.advance(1)
  expect(lab.nowPlaying(agent)).toBeDefined()
  await lab.finishPlay(agent)
  await lab.clock.advance(8_000)
  expect(lab.calls.size).toBe(0)
  expect(lab.invited).toHaveLength(1)
  expect(await failureOf(lab, agent)).toBe('no_keypress')
})

test('another key replays the whisper at once', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  await press(lab, agent, '5')
  expect(lab.commands.filter((line) => line === 'media.play c1 wav')).toHaveLength(2)
  await press(lab, agent, '1')
  expect(lab.invited).toHaveLength(2)
})

test('the agent hangs up during the whisper', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  lab.sip.remoteHangup(agent, 'BYE')
  await lab.settle()
  expect(await failureOf(lab, agent)).toBe('no_keypress')
  expect(lab.invited).toHaveLength(1)
})

test('a key that comes by RTP and by INFO is pressed once', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  await press(lab, agent, '5')
  lab.sip.infoDigit(agent, '5', 160)
  await lab.settle()
  expect((await lab.logOf(agent)).filter((type) => type === 'digit.received')).toHaveLength(1)
  expect(lab.commands.filter((line) => line === 'media.play c1 wav')).toHaveLength(2)
})

test('a key that can not be passed on harms nobody', async () => {
  const lab = await openCallLab({
    media: { sendDigits: () => Promise.reject(new Error('too many keys waiting')) },
  })
  const agent = await triggered(lab)
  await answer(lab, agent)
  lab.sip.infoDigit(agent, '1', 160)
  await lab.settle()
  await answer(lab, lab.invited[1]!)
  for (let i = 0; i < 50; i++) lab.sip.infoDigit(agent, '5', 160)
  await lab.settle()
  expect(lab.calls.size).toBe(2)
})

test('a store that fails when the two are connected leaves nobody alone on the line', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  await press(lab, agent, '1')
  Object.assign(lab.store.recordings, { save: () => Promise.reject(new Error('disk full')) })
  await answer(lab, lab.invited[1]!)
  expect(lab.commands).toContain('media.bridge c1 c2')
  lab.sip.remoteHangup(agent, 'BYE')
  await lab.settle()
  expect(lab.calls.size).toBe(0)
})

test('a lead whose answer has no usable media was never connected', async () => {
  let answers = 0
  const complete = () => (++answers > 1 ? Promise.reject(new Error('no codec')) : Promise.resolve())
  const lab = await openCallLab({ media: { complete } })
  const agent = await triggered(lab)
  await answer(lab, agent)
  await press(lab, agent, '1')
  await answer(lab, lab.invited[1]!)
  expect(lab.commands.some((line) => line.startsWith('media.bridge'))).toBe(false)
  expect(await failureOf(lab, agent)).toBe('trunk_error')
})

test('the engine is shut down during the whisper: the lead is still called', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  lab.calls.drain()
  await press(lab, agent, '1')
  expect(lab.invited).toHaveLength(2)
})

test('without a voice nobody is rung', async () => {
  const lab = await openCallLab()
  Object.assign(lab.ports.speech, { unavailableBecause: () => 'espeak-ng is not installed' })
  await expect(lab.centre.triggerCall(lab.account, request)).rejects.toMatchObject({
    code: 'speech_unavailable',
  })
  expect(lab.invited).toEqual([])
})

test('the agent hangs up while the lead rings: the lead gets a CANCEL', async () => {
  const lab = await openCallLab()
  const agent = await triggered(lab)
  await answer(lab, agent)
  await press(lab, agent, '1')
  lab.sip.remoteHangup(agent, 'BYE')
  await lab.settle()
  expect(lab.commands).toContain('sip.cancel c2')
  expect(lab.calls.size).toBe(0)
  expect(await failureOf(lab, agent)).toBe('lead_no_answer')
})

describe('an agent who is not reached', () => {
  test.each([
    [486, 'agent_declined'],
    [603, 'agent_declined'],
    [480, 'agent_no_answer'],
    [408, 'agent_no_answer'],
    [404, 'trunk_error'],
    [503, 'trunk_error'],
  ])('%i -> %s', async (sipStatus, failure) => {
    const lab = await openCallLab()
    const agent = await triggered(lab)
    lab.sip.rejected(agent, sipStatus, 'x')
    await lab.settle()
    expect(await failureOf(lab, agent)).toBe(failure)
    expect(lab.calls.size).toBe(0)
  })
  test('rings for 25 s', async () => {
    const lab = await openCallLab()
    const agent = await triggered(lab)
    await lab.clock.advance(24_999)
    expect(lab.commands).not.toContain('sip.cancel c1')
    await lab.clock.advance(1)
    expect(lab.commands).toContain('sip.cancel c1')
    expect(await failureOf(lab, agent)).toBe('agent_no_answer')
  })
})

describe('a lead who is not reached', () => {
  test.each([
    [486, 'lead_busy'],
    [603, 'lead_busy'],
    [480, 'lead_no_answer'],
    [503, 'trunk_error'],
  ])('%i -> %s, and the agent is told', async (sipStatus, failure) => {
    const lab = await openCallLab()
    const agent = await triggered(lab)
    await answer(lab, agent)
    await press(lab, agent, '1')
    lab.sip.rejected(lab.invited[1]!, sipStatus, 'x')
    await lab.settle()
    expect(await failureOf(lab, agent)).toBe(failure)
    expect(lab.nowPlaying(agent)).toMatchObject({ kind: 'wav' })
    await lab.finishPlay(agent)
    expect(lab.commands).toContain('sip.bye c1')
  })
  test('rings for 30 s', async () => {
    const lab = await openCallLab()
    const agent = await triggered(lab)
    await answer(lab, agent)
    await press(lab, agent, '1')
    await lab.clock.advance(30_000)
    expect(lab.commands).toContain('sip.cancel c2')
    expect(await failureOf(lab, agent)).toBe('lead_no_answer')
  })
})

describe('refused before anything rings', () => {
  test.each([
    [{ agentPhone: '0412345678' }, 'invalid_phone_number'],
    [{ leadPhone: 'bob' }, 'invalid_phone_number'],
    [{ leadPhone: agentPhone }, 'same_number'],
  ])('%j -> %s', async (change, code) => {
    const lab = await openCallLab()
    const refused = lab.centre.triggerCall(lab.account, { ...request, ...change })
    await expect(refused).rejects.toMatchObject({ code })
    expect(lab.calls.size).toBe(0)
    const { total } = await lab.centre.listCalls(lab.account.id, { page: 1, pageSize: 1 })
    expect(total).toBe(0)
  })
})

test('a lead that no trunk takes is told before the agent rings', async () => {
  const lab = await openCallLab()
  const [trunk] = await lab.store.trunks.list()
  if (trunk) await lab.store.trunks.update({ ...trunk, prefixes: ['+61'] })
  const far = { ...request, leadPhone: '+4989456789' }
  await expect(lab.centre.triggerCall(lab.account, far)).rejects.toMatchObject({
    code: 'no_route',
    field: 'leadPhone',
  })
  expect(lab.commands).toEqual([])
})

test('without a source the whisper names none', () => {
  const { newLead } = english.call
  expect(newLead('Sarah Johnson', undefined)).toBe('New lead: Sarah Johnson. Press 1 to connect.')
})
