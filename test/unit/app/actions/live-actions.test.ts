import { describe, expect, test } from 'vitest'
import { conferenceDesk } from '../../../../engine/app/conferences/conference-desk.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'
import { answers, hangsUp, twoParties } from '../two-parties.ts'

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  )

/** An event's data, by its type. */
async function told(lab: CallLab, id: CallId, type: string): Promise<unknown[]> {
  const events = await lab.store.events.ofCall(lab.account.id, id)
  return events.filter((event) => event.type === type).map(({ data }) => data)
}

/** A device that talks to nobody and does as it is told. */
async function alone(lab: CallLab, username: string): Promise<CallId> {
  const { id } = await lab.centre.placeCall(lab.account, { to: username, from: '1001' })
  await lab.settle()
  await answers(lab, id)
  lab.commands.length = 0
  return id
}

const stateOf = (lab: CallLab, id: CallId) => lab.calls.get(id)?.state.at ?? 'gone'

describe('mute', () => {
  test('a direction at a time; what is so already is not told again', async () => {
    const { lab, caller } = await twoParties()
    const mute = (what: 'says' | 'hears' | 'both', is: boolean) =>
      lab.actions.mute(lab.account.id, caller, what, is)
    await mute('says', true)
    await mute('says', true)
    await mute('hears', true)
    await mute('both', false)
    const said = lab.commands.filter((line) => line.startsWith('media.mute'))
    expect(said).toEqual(['media.mute c1 muted', 'media.mute c1 muted deaf', 'media.mute c1'])
    expect(await told(lab, caller, 'call.muted')).toEqual([
      { says: true, hears: false },
      { says: true, hears: true },
    ])
    expect(await told(lab, caller, 'call.unmuted')).toEqual([{ says: false, hears: false }])
  })

  test('of a call that is not answered, over, or not there is refused', async () => {
    const { lab, caller } = await twoParties()
    const ringing = (await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })).id
    const mute = (id: CallId) => codeOf(lab.actions.mute(lab.account.id, id, 'says', true))
    expect(await mute(ringing)).toBe('call_not_answered')
    await hangsUp(lab, caller)
    expect(await mute(caller)).toBe('call_ended')
    expect(await mute('x' as CallId)).toBe('not_found')
  })
})

describe('play and say', () => {
  test('in place of what is heard, one after the other or instead, and stopped', async () => {
    const { lab, caller } = await twoParties()
    const play = (url: string, queue = false) =>
      lab.actions.play(lab.account.id, caller, { url, queue })
    const first = await play('a')
    const second = await play('b', true)
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/prompt/a' })
    await lab.finishPlay(caller)
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/prompt/b' })
    const third = await play('c')
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/prompt/c' })
    await lab.actions.stop(lab.account.id, caller)
    await lab.settle()
    expect(lab.nowPlaying(caller)).toBeUndefined()
    expect(await told(lab, caller, 'playback.ended')).toEqual([
      { playbackId: first, reason: 'finished' },
      { playbackId: second, reason: 'replaced' },
      { playbackId: third, reason: 'stopped' },
    ])
  })

  test('a whisper is over the talk of one side, and the other hears nothing of it', async () => {
    const { lab, caller, callee } = await twoParties()
    await lab.actions.play(lab.account.id, callee, { text: 'hurry', over: true })
    await lab.settle()
    expect(lab.nowOver(callee)).toMatchObject({ path: '/speech/hurry' })
    expect([lab.nowPlaying(callee), lab.nowPlaying(caller), lab.nowOver(caller)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('to both sides by one id, which ends both', async () => {
    const { lab, caller, callee } = await twoParties()
    const id = await lab.actions.play(lab.account.id, caller, { url: 'a', both: true })
    await lab.settle()
    expect(lab.nowPlaying(callee)).toBeDefined()
    await lab.actions.stop(lab.account.id, caller, id)
    await lab.settle()
    expect([lab.nowPlaying(caller), lab.nowPlaying(callee)]).toEqual([undefined, undefined])
    expect(await codeOf(lab.actions.stop(lab.account.id, caller, id))).toBe('not_found')
  })

  test('what one side has no room for the other does not hear either', async () => {
    const { lab, caller, callee } = await twoParties()
    const play = (id: CallId, both = false) =>
      lab.actions.play(lab.account.id, id, { url: 'a', queue: true, both })
    for (let n = 0; n < 21; n++) await play(callee)
    expect(await codeOf(play(caller, true))).toBe('limit_reached')
    await lab.settle()
    expect(lab.nowPlaying(caller)).toBeUndefined()
  })

  test('to a held phone: its music comes back afterwards', async () => {
    const { lab, caller } = await twoParties()
    await lab.centre.holdCall(lab.account.id, caller, true, 'tune')
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ tracks: ['/prompt/tune'] })
    await lab.actions.play(lab.account.id, caller, { url: 'a' })
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/prompt/a' })
    await lab.finishPlay(caller)
    expect(lab.nowPlaying(caller)).toMatchObject({ tracks: ['/prompt/tune'] })
    await lab.centre.holdCall(lab.account.id, caller, false)
    await lab.settle()
    expect(lab.nowPlaying(caller)).toBeUndefined()
  })

  test('one that talks to nobody can not have both hear it; 20 wait at most', async () => {
    const { lab, caller } = await twoParties()
    const id = await alone(lab, '1003')
    const both = lab.actions.play(lab.account.id, id, { url: 'a', both: true })
    expect(await codeOf(both)).toBe('not_bridged')
    for (let n = 0; n < 21; n++) {
      await lab.actions.play(lab.account.id, caller, { url: 'a', queue: true })
    }
    const more = lab.actions.play(lab.account.id, caller, { url: 'a', queue: true })
    expect(await codeOf(more)).toBe('limit_reached')
  })
})

test('keys: how many were sent is told, which is not', async () => {
  const { lab, caller } = await twoParties()
  await lab.actions.sendDigits(lab.account.id, caller, '12w#')
  await lab.settle()
  expect(lab.commands).toContain('media.sendDigits c1 12w#')
  expect(await told(lab, caller, 'digits.sent')).toEqual([{ count: 3 }])
  expect(await codeOf(lab.actions.sendDigits(lab.account.id, caller, 'x'))).toBe('invalid_request')
})

describe('bridge', () => {
  test('two out of two talks: each who is left is hung up, and the end of one is that of both', async () => {
    const { lab, caller, callee } = await twoParties()
    const [x, y] = [await alone(lab, '1003'), await alone(lab, '1001')]
    await lab.actions.bridge(lab.account.id, x, y)
    await lab.actions.bridge(lab.account.id, callee, x)
    await lab.settle()
    expect(lab.commands).toContain('media.bridge c2 c3')
    expect([caller, callee, x, y].map((id) => stateOf(lab, id))).toEqual([
      'gone',
      'up',
      'up',
      'gone',
    ])
    expect(lab.calls.get(callee)?.partner?.id).toBe(x)
    await hangsUp(lab, x)
    expect(stateOf(lab, callee)).toBe('gone')
    expect(lab.calls.size).toBe(0)
  })

  test('a caller whose program dialled goes on with it when its other side is taken', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await lab.addNumber('+15005550199', {
      kind: 'verbs',
      verbs: [
        { verb: 'dial', to: '1001' },
        { verb: 'say', text: 'bye' },
      ],
    })
    const caller = await lab.incoming('+15005550199')
    const agent = lab.invited.at(-1)!
    await answers(lab, agent)
    await lab.addDevice('1003', true)
    const other = await alone(lab, '1003')
    await lab.actions.bridge(lab.account.id, agent, other)
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/bye' })
    expect(lab.calls.get(agent)?.partner?.id).toBe(other)
  })

  test('itself, one that is not up, and one that is being transferred are refused', async () => {
    const { lab, caller, callee } = await twoParties()
    const other = await alone(lab, '1003')
    const ringing = (await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })).id
    const bridge = (a: CallId, b: CallId) => codeOf(lab.actions.bridge(lab.account.id, a, b))
    expect(await bridge(other, other)).toBe('invalid_request')
    expect(await bridge(other, ringing)).toBe('call_not_answered')
    await lab.centre.transferCall(lab.account.id, caller, { to: '1003', mode: 'bridge' })
    expect(await bridge(other, callee)).toBe('call_busy')
    expect(stateOf(lab, other)).toBe('up')
  })

  test('two at once on one call: the later one has it', async () => {
    const { lab } = await twoParties()
    const [x, y, z] = [await alone(lab, '1003'), await alone(lab, '1003'), await alone(lab, '1003')]
    const both = await Promise.all([
      codeOf(lab.actions.bridge(lab.account.id, x, y)),
      codeOf(lab.actions.bridge(lab.account.id, x, z)),
    ])
    await lab.settle()
    expect(both[1]).toBe('none')
    expect(lab.calls.get(x)?.partner?.id).toBe(z)
    expect(stateOf(lab, y)).toBe('gone')
  })

  test('out of a conference', async () => {
    const { lab, callee } = await twoParties()
    const id = await alone(lab, '1003')
    const desk = conferenceDesk({ ports: lab.ports, calls: lab.calls })
    const room = await desk.create(lab.account, {})
    await desk.bring(lab.account.id, room.id, id, {})
    await lab.actions.bridge(lab.account.id, id, callee)
    await lab.settle()
    expect(await desk.participants(lab.account.id, room.id)).toEqual([])
    expect(lab.calls.get(id)?.partner?.id).toBe(callee)
    const leaves = lab.commands.findIndex((line) => line.startsWith('media.leaveRoom c3'))
    expect(lab.commands.indexOf('media.bridge c3 c2')).toBeGreaterThan(leaves)
  })

  test('undone: neither is hung up', async () => {
    const { lab, caller, callee } = await twoParties()
    const other = await alone(lab, '1003')
    await lab.actions.bridge(lab.account.id, callee, other)
    await lab.settle()
    expect(stateOf(lab, caller)).toBe('gone')
    await lab.actions.unbridge(lab.account.id, callee)
    await lab.settle()
    expect([stateOf(lab, callee), stateOf(lab, other)]).toEqual(['up', 'up'])
    expect(await codeOf(lab.actions.unbridge(lab.account.id, callee))).toBe('not_bridged')
    await lab.actions.bridge(lab.account.id, callee, other)
    expect(lab.calls.get(callee)?.partner?.id).toBe(other)
  })
})

describe('redirect', () => {
  const verbs = [{ verb: 'say', text: 'new' }] as const

  test('out of a bridge; the other one is hung up', async () => {
    const { lab, caller, callee } = await twoParties()
    await lab.actions.redirect(lab.account.id, callee, { verbs })
    await lab.settle()
    expect(stateOf(lab, caller)).toBe('gone')
    expect(lab.nowPlaying(callee)).toMatchObject({ path: '/speech/new' })
    await lab.finishPlay(callee)
    expect(stateOf(lab, callee)).toBe('gone')
  })

  test('one that rings here is answered by the new verbs, one that rings there does them once answered', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await lab.addNumber('+15005550199', { kind: 'verbs', verbs: [{ verb: 'dial', to: '1001' }] })
    const inbound = await lab.incoming('+15005550199')
    const child = lab.invited.at(-1)!
    expect(await codeOf(lab.actions.redirect(lab.account.id, child, { verbs }))).toBe('call_busy')
    await lab.actions.redirect(lab.account.id, inbound, { verbs })
    await lab.settle()
    expect(stateOf(lab, child)).toBe('gone')
    expect(lab.nowPlaying(inbound)).toMatchObject({ path: '/speech/new' })
    const outbound = (await lab.centre.placeCall(lab.account, { to: '1001', from: '1001' })).id
    await lab.settle()
    await lab.actions.redirect(lab.account.id, outbound, { verbs })
    await answers(lab, outbound)
    expect(lab.nowPlaying(outbound)).toMatchObject({ path: '/speech/new' })
  })
})

describe('park and pick up', () => {
  test('on the lowest free slot, with music; picked up by a call, and the slot is free', async () => {
    const { lab, caller, callee } = await twoParties()
    const other = await alone(lab, '1003')
    const { slot } = await lab.actions.park(lab.account.id, caller, {})
    await lab.settle()
    expect(slot).toBe('701')
    expect(stateOf(lab, callee)).toBe('gone')
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
    expect(lab.actions.parked(lab.account.id)).toMatchObject([{ slot, call: { id: caller } }])
    await lab.actions.pickUp(lab.account, { slot }, { callId: other })
    await lab.settle()
    expect(lab.calls.get(caller)?.partner?.id).toBe(other)
    expect(lab.actions.parked(lab.account.id)).toEqual([])
    expect(await told(lab, caller, 'park.ended')).toEqual([{ slot, reason: 'picked_up' }])
    const again = lab.actions.pickUp(lab.account, { slot }, { callId: other })
    expect(await codeOf(again)).toBe('not_found')
  })

  test('picked up by a device: the first of two that answers has it, the other is hung up', async () => {
    const { lab, caller } = await twoParties()
    await lab.actions.park(lab.account.id, caller, { slot: 'a' })
    const by = { to: '1003' }
    const first = await lab.actions.pickUp(lab.account, { slot: 'a' }, by)
    const second = await lab.actions.pickUp(lab.account, { callId: caller }, by)
    await lab.settle()
    await answers(lab, second.id)
    await answers(lab, first.id)
    expect(lab.calls.get(caller)?.partner?.id).toBe(second.id)
    expect(stateOf(lab, first.id)).toBe('gone')
  })

  test('a slot has one call; nobody comes: it is hung up, or asks for what to do', async () => {
    const { lab, caller } = await twoParties()
    const other = await alone(lab, '1003')
    const park = (id: CallId, timeoutUrl?: string) =>
      lab.actions.park(lab.account.id, id, {
        slot: '1',
        timeoutMs: 5_000,
        ...(timeoutUrl && { timeoutUrl }),
      })
    await park(caller)
    expect(await codeOf(park(other))).toBe('already_exists')
    await lab.clock.advance(5_000)
    await lab.settle()
    expect(stateOf(lab, caller)).toBe('gone')
    expect(await told(lab, caller, 'park.ended')).toEqual([{ slot: '1', reason: 'timeout' }])
    await park(other)
    await hangsUp(lab, other)
    expect(await told(lab, other, 'park.ended')).toEqual([{ slot: '1', reason: 'hung_up' }])
    expect(lab.actions.parked(lab.account.id)).toEqual([])
    expect(await codeOf(lab.actions.park(lab.account.id, other, { slot: 'a b' }))).toBe(
      'call_ended',
    )
  })

  test('where there is no slot to be had all goes on, and nothing stays behind', async () => {
    const { lab, caller, callee } = await twoParties()
    const first = await alone(lab, '1003')
    await lab.actions.park(lab.account.id, first, { slot: '1' })
    await lab.settle()
    const park = (id: CallId) => lab.actions.park(lab.account.id, id, { slot: '1' })
    expect(await codeOf(park(caller))).toBe('already_exists')
    await lab.settle()
    // They talk on.
    expect(lab.calls.get(caller)?.partner?.id).toBe(callee)
    expect(lab.commands.filter((line) => line.startsWith('sip.bye'))).toEqual([])
    await lab.actions.park(lab.account.id, caller, { slot: '2' })
    await lab.settle()
    expect(await codeOf(park(caller))).toBe('already_exists')
    await hangsUp(lab, caller)
    await hangsUp(lab, first)
    expect(lab.actions.parked(lab.account.id)).toEqual([])
  })

  test('a call that is parked again may keep its slot', async () => {
    const { lab, caller } = await twoParties()
    const slots: string[] = []
    for (let times = 0; times < 2; times++) {
      slots.push((await lab.actions.park(lab.account.id, caller, {})).slot)
      await lab.settle()
    }
    expect(slots).toEqual(['701', '701'])
    expect(lab.actions.parked(lab.account.id)).toHaveLength(1)
    await hangsUp(lab, caller)
    expect(lab.actions.parked(lab.account.id)).toEqual([])
  })
})

describe('recording', () => {
  test('is begun, paused, masked, goes on, and ends; each once', async () => {
    const { lab, caller } = await twoParties()
    const record = (action: 'start' | 'stop' | 'pause' | 'mask' | 'resume') =>
      codeOf(lab.actions.record(lab.account.id, caller, { action }))
    expect(await record('pause')).toBe('not_recording')
    expect(await record('start')).toBe('none')
    expect(await record('start')).toBe('already_exists')
    for (const action of ['pause', 'pause', 'mask', 'resume', 'resume'] as const) {
      expect(await record(action)).toBe('none')
    }
    expect(await record('stop')).toBe('none')
    expect(await record('stop')).toBe('not_recording')
    expect(lab.commands.filter((line) => line.startsWith('media.setRecording'))).toEqual([
      'media.setRecording c1 paused',
      'media.setRecording c1 masked',
      'media.setRecording c1 running',
    ])
    const log = (await lab.logOf(caller)).filter((type) => type.startsWith('recording.'))
    expect(log).toEqual([
      'recording.started',
      'recording.paused',
      'recording.paused',
      'recording.resumed',
      'recording.completed',
    ])
  })
})

test('keys that were pressed between the answer and the bridge reach the other side', async () => {
  let connect = () => {}
  const slow = new Promise<void>((resolve) => {
    connect = resolve
  })
  const lab = await openCallLab({ media: { bridge: () => slow } })
  await lab.addDevice('1001', true)
  await lab.addNumber('+15005550199', { kind: 'verbs', verbs: [{ verb: 'dial', to: '1001' }] })
  const caller = await lab.incoming('+15005550199')
  const callee = lab.invited.at(-1)!
  await answers(lab, callee)
  lab.media.digit(caller, '4', 100)
  lab.media.digit(callee, '7', 100)
  await lab.settle()
  expect(lab.commands.filter((line) => line.includes('sendDigits'))).toEqual([])
  connect()
  await lab.settle()
  expect(lab.commands).toEqual(
    expect.arrayContaining(['media.sendDigits c1 7', 'media.sendDigits c2 4']),
  )
})
