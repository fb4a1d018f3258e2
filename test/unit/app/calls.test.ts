import { describe, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { type CallLab, jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'

const to = '+61498765432'
const base = { to, from: ownNumber }

async function placed(lab: CallLab, more: object = {}): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { ...base, ...more })
  await lab.settle()
  return id
}

async function up(lab: CallLab, more: object = {}): Promise<CallId> {
  const id = await placed(lab, more)
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return id
}

const status = async (lab: CallLab, id: CallId) =>
  (await lab.centre.getCall(lab.account.id, id)).status

describe('placing a call', () => {
  test('verbs run after the answer, then the call is hung up', async () => {
    const lab = await openCallLab()
    const verbs = [{ verb: 'say', text: 'hi' }] as const
    const id = await up(lab, { verbs })
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/hi' })
    await lab.finishPlay(id)
    expect(await status(lab, id)).toBe('completed')
    expect(lab.commands).toEqual([
      'sip.invite c1 trunk +15005550100',
      'media.complete c1',
      'media.play c1 wav',
      'sip.bye c1',
      'media.close c1',
    ])
    expect(lab.metrics['accept_to_invite']).toBe(1)
  })

  test('record: the engine is the caller, so its side is left', async () => {
    const lab = await openCallLab()
    await up(lab, { record: true })
    expect(lab.commands).toContain('media.record c1 sentLeft')
  })

  test('a call that is told to be over names its recording', async () => {
    const lab = await openCallLab()
    const id = await up(lab, { record: true })
    lab.sip.remoteHangup(id, 'BYE')
    await lab.settle()
    const { recordingId } = await lab.centre.getCall(lab.account.id, id)
    const { recordings } = await lab.store.recordings.list(lab.account.id, { page: 1, pageSize: 9 })
    expect(recordings).toMatchObject([{ id: recordingId, status: 'completed' }])
    const log = await lab.logOf(id)
    expect(log.indexOf('recording.completed')).toBeLessThan(log.indexOf('call.completed'))
  })

  test('a disk that hangs keeps nobody on the line for more than a second', async () => {
    const lab = await openCallLab({ media: { stopRecording: async () => {} } })
    const id = await up(lab, { record: true })
    lab.sip.remoteHangup(id, 'BYE')
    await lab.settle()
    await lab.clock.advance(999)
    expect(lab.calls.size).toBe(1)
    await lab.clock.advance(1)
    expect(lab.calls.size).toBe(0)
  })

  test('instructions come from the url', async () => {
    const asked: unknown[] = []
    const lab = await openCallLab()
    Object.assign(lab.ports.web, {
      instructions: async (request: unknown) => {
        asked.push(request)
        return jsonAnswer([{ verb: 'pause', length: 2 }, { verb: 'hangup' }])
      },
    })
    const id = await up(lab, { url: 'https://app.example/voice' })
    expect(asked).toMatchObject([
      { url: 'https://app.example/voice', method: 'POST', fields: { call_id: id, to } },
    ])
    await lab.clock.advance(2_000)
    expect(await status(lab, id)).toBe('completed')
  })

  test.each([
    ['not verbs', { nonsense: 1 }],
    ['an unknown verb', [{ verb: 'sing' }]],
    ['an unknown field', [{ verb: 'say', text: 'x', tone: 'nice' }]],
  ])('a url that answers %s ends the call', async (_what, document) => {
    const lab = await openCallLab()
    Object.assign(lab.ports.web, { instructions: async () => jsonAnswer(document) })
    const id = await up(lab, { url: 'https://app.example/voice' })
    expect(await status(lab, id)).toBe('failed')
    expect((await lab.centre.getCall(lab.account.id, id)).endReason).toBe('program_failed')
    expect(await lab.logOf(id)).toContain('program.failed')
    expect(lab.calls.size).toBe(0)
  })

  test('without instructions the leg stays up, silent, for an hour', async () => {
    const lab = await openCallLab()
    const id = await up(lab)
    await lab.clock.advance(3_599_999)
    expect(await status(lab, id)).toBe('in-progress')
    await lab.clock.advance(1)
    expect(await status(lab, id)).toBe('completed')
  })

  test('nobody answers within the timeout', async () => {
    const lab = await openCallLab()
    const id = await placed(lab, { ringTimeoutMs: 5_000 })
    await lab.clock.advance(5_000)
    expect(await status(lab, id)).toBe('no-answer')
    expect(lab.commands).toContain('sip.cancel c1')
    expect(lab.clock.pendingTimers).toBe(0)
  })

  test('an answer without usable media is no answer', async () => {
    const lab = await openCallLab({
      media: { complete: () => Promise.reject(new Error('no codec')) },
    })
    const id = await up(lab)
    expect(await status(lab, id)).toBe('failed')
    expect(lab.commands).toContain('sip.cancel c1')
  })

  test('no RTP port: the call fails and no INVITE is sent', async () => {
    const lab = await openCallLab({ media: { offer: () => Promise.reject(new Error('none')) } })
    const id = await placed(lab)
    expect(await status(lab, id)).toBe('failed')
    expect(lab.invited).toEqual([])
  })

  test.each([
    [{ to: '0298765432' }, 'invalid_phone_number'],
    [{ to: 'nobody' }, 'not_found'],
    [{ to: 'sip:x@elsewhere.example' }, 'target_not_allowed'],
    [{ from: '+61400000000' }, 'from_not_owned'],
    [{ from: '' }, 'from_not_owned'],
    [{ ringTimeoutMs: 4_999 }, 'invalid_request'],
    [{ ringTimeoutMs: 600_001 }, 'invalid_request'],
  ])('%j is refused: %s', async (change, code) => {
    const lab = await openCallLab()
    await expect(lab.centre.placeCall(lab.account, { ...base, ...change })).rejects.toMatchObject({
      code,
    })
    expect(lab.commands).toEqual([])
    expect(lab.calls.size).toBe(0)
  })

  test('devices: registered ones ring, others are refused', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await lab.addDevice('1002', false)
    await placed(lab, { to: '1001' })
    expect(lab.commands).toEqual(['sip.invite c1 device +15005550100'])
    await expect(lab.centre.placeCall(lab.account, { ...base, to: '1002' })).rejects.toMatchObject({
      code: 'device_not_registered',
    })
  })

  test('an allowed SIP address', async () => {
    const lab = await openCallLab()
    await placed(lab, { to: 'sip:bob@allowed.example' })
    expect(lab.commands).toEqual(['sip.invite c1 uri +15005550100'])
  })

  test('no trunk, no route', async () => {
    const lab = await openCallLab()
    for (const trunk of await lab.store.trunks.list()) await lab.store.trunks.remove(trunk.id)
    await expect(lab.centre.placeCall(lab.account, base)).rejects.toMatchObject({
      code: 'no_route',
    })
  })

  test('while draining', async () => {
    const lab = await openCallLab()
    lab.calls.drain()
    await expect(lab.centre.placeCall(lab.account, base)).rejects.toMatchObject({
      code: 'draining',
    })
  })
})

describe('changing a call', () => {
  test('canceled before the answer', async () => {
    const lab = await openCallLab()
    const id = await placed(lab)
    const call = await lab.centre.updateCall(lab.account.id, id, { status: 'canceled' })
    expect(call.status).toBe('canceled')
    expect(lab.commands).toContain('sip.cancel c1')
  })

  test('completed after the answer', async () => {
    const lab = await openCallLab()
    const id = await up(lab)
    const call = await lab.centre.updateCall(lab.account.id, id, { status: 'completed' })
    expect(call.status).toBe('completed')
    expect(lab.commands).toContain('sip.bye c1')
  })

  test('the wrong way round is a conflict, and the call goes on', async () => {
    const lab = await openCallLab()
    const ringing = await placed(lab)
    const answered = await up(lab)
    const { updateCall } = lab.centre
    await expect(
      updateCall(lab.account.id, ringing, { status: 'completed' }),
    ).rejects.toMatchObject({ code: 'call_not_answered' })
    await expect(
      updateCall(lab.account.id, answered, { status: 'canceled' }),
    ).rejects.toMatchObject({ code: 'call_already_answered' })
    expect(lab.calls.size).toBe(2)
  })

  test('a new url replaces what the call is doing', async () => {
    const lab = await openCallLab()
    Object.assign(lab.ports.web, {
      instructions: async () => jsonAnswer([{ verb: 'say', text: 'two' }]),
    })
    const id = await up(lab, { verbs: [{ verb: 'say', text: 'one' }] })
    await lab.centre.updateCall(lab.account.id, id, { url: 'https://app.example/two' })
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/two' })
    await lab.finishPlay(id)
    expect(await status(lab, id)).toBe('completed')
  })

  test('an ended call', async () => {
    const lab = await openCallLab()
    const id = await up(lab)
    await lab.centre.endCall(lab.account.id, id)
    await lab.centre.endCall(lab.account.id, id)
    await expect(
      lab.centre.updateCall(lab.account.id, id, { status: 'completed' }),
    ).rejects.toMatchObject({ code: 'call_ended' })
  })

  test('somebody else’s call is not found', async () => {
    const lab = await openCallLab()
    const id = await up(lab)
    const other = '11111111-1111-4111-8111-111111111111' as typeof lab.account.id
    await expect(lab.centre.getCall(other, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(lab.centre.endCall(other, id)).rejects.toMatchObject({ code: 'not_found' })
    expect(lab.calls.size).toBe(1)
  })
})

describe('inbound', () => {
  test('an owned number answers and runs its verbs', async () => {
    const lab = await openCallLab()
    const id = await lab.incoming(ownNumber)
    expect(lab.commands).toEqual(['sip.accept c1', 'media.play c1 wav'])
    await lab.finishPlay(id)
    expect(await status(lab, id)).toBe('completed')
  })

  test('an unknown number gets 404, not an answer', async () => {
    const lab = await openCallLab()
    await lab.incoming('+61299999999')
    expect(lab.commands).toEqual(['sip.reject c1 404'])
  })

  test('two who cannot be connected are both hung up', async () => {
    const broken = () => Promise.reject(new Error('the media thread is gone'))
    const lab = await openCallLab({ media: { bridge: broken } })
    await lab.addDevice('1001', true)
    await lab.addNumber('+15005550101', { kind: 'device', username: '1001' })
    await lab.incoming('+15005550101')
    const [other] = lab.invited as [CallId]
    lab.sip.answered(other, 'v=0', 'x')
    await lab.settle()
    expect(lab.commands).toEqual(expect.arrayContaining(['sip.bye c1', 'sip.bye c2']))
    expect(lab.calls.size).toBe(0)
  })

  test('a number routed to a device: rings it, answers when it answers, bridges', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await lab.addNumber('+61255550000', { kind: 'device', username: '1001' })
    const caller = await lab.incoming('+61255550000')
    const device = lab.invited[0]!
    expect(lab.commands.some((line) => line.startsWith('sip.progress'))).toBe(false)
    lab.sip.progress(device, 180, undefined)
    await lab.settle()
    expect(lab.commands).toContain('sip.progress c1 180')
    lab.sip.answered(device, 'v=0', 'x')
    await lab.settle()
    expect(lab.commands).toContain('sip.accept c1')
    expect(lab.commands.at(-1)).toBe('media.bridge c1 c2')
    lab.sip.remoteHangup(caller, 'BYE')
    await lab.settle()
    expect(lab.commands).toContain('sip.bye c2')
    expect(lab.calls.size).toBe(0)
  })

  test.each([
    [486, 486],
    [480, 480],
    [603, 603],
    [404, 404],
    [403, 480],
    [503, 503],
  ])('the device answers %i: the caller gets %i', async (fromDevice, toCaller) => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await lab.addNumber('+61255550000', { kind: 'device', username: '1001' })
    await lab.incoming('+61255550000')
    lab.sip.rejected(lab.invited[0]!, fromDevice, 'x')
    await lab.settle()
    expect(lab.commands).toContain(`sip.reject c1 ${toCaller}`)
    expect(lab.calls.size).toBe(0)
  })

  test('a device that is not registered: 480', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', false)
    await lab.addNumber('+61255550000', { kind: 'device', username: '1001' })
    await lab.incoming('+61255550000')
    expect(lab.commands).toContain('sip.reject c1 480')
    expect(lab.calls.size).toBe(0)
  })

  test('the caller gives up while the device rings', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await lab.addNumber('+61255550000', { kind: 'device', username: '1001' })
    const caller = await lab.incoming('+61255550000')
    lab.sip.remoteCancel(caller)
    await lab.settle()
    expect(lab.commands).toContain('sip.cancel c2')
    expect(await status(lab, caller)).toBe('canceled')
    expect(lab.calls.size).toBe(0)
  })

  test('a CANCEL that crosses our answer ends the call and the device', async () => {
    const offered = Promise.withResolvers<string>()
    const lab = await openCallLab({ media: { answer: () => offered.promise } })
    await lab.addDevice('1001', true)
    await lab.addNumber('+61255550000', { kind: 'device', username: '1001' })
    const caller = await lab.incoming('+61255550000')
    lab.sip.answered(lab.invited[0]!, 'v=0', 'x')
    await lab.settle()
    lab.sip.remoteCancel(caller)
    offered.resolve('v=0')
    await lab.settle()
    expect(lab.calls.size).toBe(0)
    expect(lab.commands).toContain('sip.bye c2')
  })

  test('an offer without a codec of ours gets 488', async () => {
    const lab = await openCallLab({ media: { answer: () => Promise.reject(new Error('x')) } })
    const id = await lab.incoming(ownNumber)
    expect(lab.commands).toContain('sip.reject c1 488')
    expect(await status(lab, id)).toBe('failed')
  })
})

test('gather: branches by the keys that were pressed, finish key, time-out', async () => {
  const lab = await openCallLab()
  const verbs = [
    {
      verb: 'gather',
      numDigits: 4,
      timeoutMs: 3_000,
      branches: { '12': [{ verb: 'say', text: 'twelve' }] },
    },
    { verb: 'say', text: 'nothing' },
  ] as const
  const first = await up(lab, { verbs })
  for (const key of '12#') lab.media.digit(first, key, 100)
  await lab.settle()
  expect(lab.nowPlaying(first)).toMatchObject({ path: '/speech/twelve' })
  const second = await up(lab, { verbs })
  await lab.clock.advance(3_000)
  expect(lab.nowPlaying(second)).toMatchObject({ path: '/speech/nothing' })
})

test('a dial verb may not show a number that is not owned', async () => {
  const lab = await openCallLab()
  const id = await up(lab, { verbs: [{ verb: 'dial', to: '+61400000009', from: '+19110000911' }] })
  expect(lab.invited).toHaveLength(1)
  expect(await status(lab, id)).toBe('failed')
})

test('an application that redirects without end gets a document a second', async () => {
  let asked = 0
  const lab = await openCallLab()
  Object.assign(lab.ports.web, {
    instructions: async () => {
      asked++
      return jsonAnswer([{ verb: 'redirect', url: 'https://app.example/again' }])
    },
  })
  await up(lab, { url: 'https://app.example/again' })
  for (let i = 0; i < 10; i++) await lab.settle()
  expect(asked).toBe(21)
  await lab.clock.advance(60_000)
  expect(asked).toBeGreaterThan(70)
  expect(asked).toBeLessThan(85)
})

test('verbs nested without end are refused', async () => {
  const lab = await openCallLab()
  let verbs: unknown[] = [{ verb: 'hangup' }]
  for (let i = 0; i < 3_000; i++) verbs = [{ verb: 'gather', branches: { '1': verbs } }]
  Object.assign(lab.ports.web, { instructions: async () => jsonAnswer(verbs) })
  const id = await up(lab, { url: 'https://app.example/deep' })
  expect(await status(lab, id)).toBe('failed')
})

test('a store that fails in mid-call does not hang the call', async () => {
  const lab = await openCallLab()
  const id = await up(lab, { verbs: [{ verb: 'say', text: 'hi' }] })
  const commit = lab.store.calls.commit
  Object.assign(lab.store.calls, { commit: () => Promise.reject(new Error('disk full')) })
  await lab.finishPlay(id)
  expect(lab.calls.size).toBe(0)
  expect(lab.commands).toContain('sip.bye c1')
  Object.assign(lab.store.calls, { commit })
})

test('a store that fails at the start refuses the call', async () => {
  const lab = await openCallLab()
  Object.assign(lab.store.calls, { commit: () => Promise.reject(new Error('disk full')) })
  await expect(lab.centre.placeCall(lab.account, base)).rejects.toThrow('disk full')
  expect(lab.calls.size).toBe(0)
  expect(lab.commands).toEqual([])
})
