import { describe, expect, test } from 'vitest'
import type { ListenMode } from '../../../../engine/app/actions/listen-room.ts'
import { conferenceDesk } from '../../../../engine/app/conferences/conference-desk.ts'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import type { MemberOptions } from '../../../../engine/core/ports/media.ts'
import type { CallLab } from '../../../support/call-lab.ts'
import { answers, hangsUp, twoParties } from '../two-parties.ts'

const members = new Map<CallId, MemberOptions>()

/** Rooms that tell who is in them. */
async function lab() {
  members.clear()
  const inRoom = new Set<CallId>()
  const bridged: CallId[] = []
  const two = await twoParties({
    media: {
      joinRoom: async (_room, id, options) => {
        inRoom.add(id)
        members.set(id, options)
      },
      leaveRoom: async (id) => void inRoom.delete(id),
      closeRoom: async () => inRoom.clear(),
      bridge: async (a, b) => {
        inRoom.delete(a)
        inRoom.delete(b)
        bridged.push(a)
      },
    },
  })
  const { lab: calls } = two
  const listen = async (id: CallId, mode: ListenMode, beep = false) => {
    const listener = await calls.actions.listen(calls.account, id, { to: '1003', mode, beep })
    await calls.settle()
    await answers(calls, listener.id)
    return listener.id
  }
  return { ...two, inRoom, bridged, listen }
}

const told = async (calls: CallLab, id: CallId, type: string) =>
  (await calls.store.events.ofCall(calls.account.id, id))
    .filter((event) => event.type === type)
    .map(({ data }) => data)

describe('a supervisor', () => {
  test.each([
    ['listen', { muted: true, heardBy: null }],
    ['whisper', { muted: false, heardBy: 'caller' }],
    ['barge', { muted: false, heardBy: null }],
  ] as const)('who comes to %s is in one room with the two, as that says', async (mode, as) => {
    const { lab: calls, caller, callee, inRoom, bridged, listen } = await lab()
    const listener = await listen(caller, mode)
    expect(inRoom).toEqual(new Set([caller, callee, listener]))
    const heardBy = as.heardBy === 'caller' ? [caller] : null
    expect(members.get(listener)).toMatchObject({ ...as, heardBy })
    expect(members.get(callee)).toMatchObject({ muted: false, deaf: false, heardBy: null })
    expect(await told(calls, caller, 'call.listened')).toEqual([{ by: '1003', listener, mode }])
    bridged.length = 0
    await hangsUp(calls, listener)
    expect(inRoom.size).toBe(0)
    expect(bridged).toEqual([caller])
    expect(await told(calls, caller, 'call.unlistened')).toEqual([{ by: '1003', listener }])
    expect(calls.calls.get(caller)?.partner?.id).toBe(callee)
  })

  test('is told of by a tone, where that is wanted', async () => {
    const { lab: calls, caller, callee, listen } = await lab()
    await listen(caller, 'listen', true)
    expect([caller, callee].map((id) => calls.nowOver(id))).toEqual([
      { kind: 'tone', tone: 'beep' },
      { kind: 'tone', tone: 'beep' },
    ])
  })

  test('is told of by words, where the account has set that, whatever he wishes', async () => {
    const { lab: calls, caller, callee, listen } = await lab()
    await calls.store.accounts.update({ ...calls.account, listenNotice: 'words' })
    await listen(caller, 'listen')
    const spoken = { path: '/speech/A supervisor is listening to this call.' }
    expect([caller, callee].map((id) => calls.nowOver(id))).toMatchObject([spoken, spoken])
  })

  test('goes with the call, whomever it talks to; the one who is left hears nothing of it', async () => {
    const { lab: calls, caller, inRoom, listen } = await lab()
    const listener = await listen(caller, 'listen')
    const other = (await calls.centre.placeCall(calls.account, { to: '1002', from: '1001' })).id
    await calls.settle()
    await answers(calls, other)
    await calls.actions.bridge(calls.account.id, caller, other)
    await calls.settle()
    expect(inRoom).toEqual(new Set([caller, other, listener]))
    await calls.actions.unbridge(calls.account.id, caller)
    await calls.settle()
    expect(inRoom).toEqual(new Set([caller, listener]))
  })

  test('is hung up with the end of the call; a second one hears it too', async () => {
    const { lab: calls, caller, inRoom, listen } = await lab()
    const first = await listen(caller, 'listen')
    const second = await listen(caller, 'barge')
    expect(inRoom).toContain(first)
    expect(inRoom).toContain(second)
    await hangsUp(calls, caller)
    expect(calls.calls.size).toBe(0)
    expect(inRoom.size).toBe(0)
  })

  test('goes with the call into a conference, which it stays in when he hangs up', async () => {
    const roomOf = new Map<CallId, ConferenceId>()
    const { lab: calls, caller } = await twoParties({
      media: {
        joinRoom: async (room, id) => void roomOf.set(id, room),
        leaveRoom: async (id) => void roomOf.delete(id),
        closeRoom: async (room) => {
          for (const [id, where] of roomOf) if (where === room) roomOf.delete(id)
        },
      },
    })
    const how = { to: '1003', mode: 'listen' } as const
    const listener = (await calls.actions.listen(calls.account, caller, how)).id
    await calls.settle()
    await answers(calls, listener)
    expect(roomOf.get(listener)).toBe(roomOf.get(caller))
    const desk = conferenceDesk({ ports: calls.ports, calls: calls.calls })
    const { id } = await desk.create(calls.account, {})
    await desk.bring(calls.account.id, id, caller, {})
    for (let n = 0; n < 5; n++) await calls.settle()
    expect([roomOf.get(caller), roomOf.get(listener)]).toEqual([id, id])
    const member = await desk.participant(calls.account.id, id, listener)
    expect(member).toMatchObject({ muted: true, status: 'connected' })
    expect(await told(calls, caller, 'call.listened')).toHaveLength(2)
    await hangsUp(calls, listener)
    await calls.settle()
    expect(roomOf.get(caller)).toBe(id)
    await hangsUp(calls, caller)
    expect(calls.calls.size).toBe(0)
  })

  test('in a conference he is a member as that says', async () => {
    const { lab: calls, caller, listen } = await lab()
    const desk = conferenceDesk({ ports: calls.ports, calls: calls.calls })
    const { id } = await desk.create(calls.account, {})
    await desk.bring(calls.account.id, id, caller, {})
    const listener = await listen(caller, 'whisper')
    const member = await desk.participant(calls.account.id, id, listener)
    expect(member).toMatchObject({ coaching: caller, status: 'connected' })
  })
})
