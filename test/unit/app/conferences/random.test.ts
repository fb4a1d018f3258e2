import { expect, test } from 'vitest'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import { ownNumber } from '../../../support/call-lab.ts'
import { openConferenceLab } from './conference-lab.ts'

/** A row of numbers that looks like chance, and is the same in each run (mulberry32). */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const expected = [
  'conference_ended',
  'conference_full',
  'conference_locked',
  'not_found',
  'call_ended',
  'call_not_answered',
  'call_busy',
  'already_exists',
  'invalid_request',
]

/** Whatever is done to conferences in whatever order: nothing is left when their calls are over. */
test.each(Array.from({ length: 16 }, (_, seed) => seed))('at random, %i', async (seed) => {
  const bugs: string[] = []
  const lab = await openConferenceLab()
  lab.ports.log.error = (message, fields) => void bugs.push(`${message} ${JSON.stringify(fields)}`)
  const random = chance(seed)
  const pick = <One>(list: readonly One[]): One | undefined => list[random(list.length)]
  const { desk, account } = lab
  const rooms: ConferenceId[] = []
  const calls: CallId[] = []
  const options = () => ({
    muted: random(2) === 0,
    hold: random(3) === 0,
    moderator: random(4) === 0,
  })
  const room = () => pick(rooms.slice(-2)) ?? ('none' as ConferenceId)
  const call = () => pick(calls.slice(-6)) ?? ('none' as CallId)
  const acts: (() => Promise<unknown>)[] = [
    async () =>
      rooms.push(
        await lab.room({
          options: {
            maxParticipants: 2 + random(6),
            startOnModerator: random(3) === 0,
            endOnModeratorExit: random(3) === 0,
            record: random(3) === 0,
            announceCount: random(3) === 0,
          },
        }),
      ),
    async () => {
      const wanted = { to: '+15005550140', from: ownNumber, earlyMedia: random(2) === 0 }
      calls.push((await desk.invite(account, room(), { ...wanted, ...options() })).callId)
    },
    async () => lab.sip.answered(call(), 'v=0', 'x@phone'),
    async () => lab.sip.answered(call(), 'v=0', 'x@phone'),
    async () => lab.sip.progress(call(), 183, 'v=0 early'),
    async () => lab.sip.rejected(call(), 486, 'Busy Here'),
    async () => lab.sip.remoteHangup(call(), 'BYE'),
    async () => calls.push(await lab.incoming(ownNumber)),
    async () => calls.push(await lab.dialIn({ name: pick(['a', 'b']) ?? 'a' })),
    async () => desk.bring(account.id, room(), call(), options()),
    async () => desk.bring(account.id, room(), call(), options()),
    async () => desk.changeParticipant(account.id, room(), call(), options()),
    async () => desk.changeParticipant(account.id, room(), call(), { privateWith: call() }),
    async () => desk.kick(account.id, room(), call()),
    async () =>
      desk.change(account.id, room(), { locked: random(4) === 0, startOnModerator: false }),
    async () =>
      desk.play(account.id, room(), { text: 'x', ...(random(2) === 0 && { to: call() }) }),
    async () => desk.startRecording(account.id, room(), random(2) === 0 ? call() : undefined),
    async () => desk.stopRecording(account.id, room()),
    async () => lab.media.speaking(room(), call(), random(2) === 0),
    async () => lab.media.digit(call(), pick(['*', '1', '2', '5', '8']) ?? '*', 100),
    async () => (random(6) === 0 ? desk.end(account.id, room()) : undefined),
    async () => lab.clock.advance(random(3_000)),
    async () => lab.settle(),
  ]
  const work: Promise<unknown>[] = []
  for (let step = 0; step < 400; step++) {
    const done = (pick(acts) ?? lab.settle)().catch((error: { code?: string }) => {
      if (!expected.includes(error.code ?? '')) bugs.push(String(error))
    })
    work.push(done)
    if (random(2) === 0) await done
  }
  await lab.settle()
  for (const one of calls) lab.sip.remoteHangup(one, 'BYE')
  await lab.settle()
  await lab.calls.endAll({ is: 'hangup', by: 'api' })
  for (const one of lab.calls.conferences.all()) await desk.end(account.id, one.id)
  await Promise.all(work)
  await lab.settle()
  await lab.clock.advance(120_000)
  const { conferences } = lab.calls
  expect(bugs).toEqual([])
  expect({ rooms: conferences.size, members: conferences.members }).toEqual({
    rooms: 0,
    members: 0,
  })
  expect(conferences.recordings.size + conferences.making.size + conferences.names.size).toBe(0)
  expect(lab.calls.size + lab.calls.recordings.size).toBe(0)
  expect(lab.clock.pendingTimers).toBe(0)
  expect(await lab.store.conferences.unfinished()).toEqual([])
  for (const id of rooms) {
    const types = await lab.types(id)
    const count = (type: string) => types.filter((one) => one === type).length
    expect([types[0], count('conference.ended')]).toEqual(['conference.created', 1])
    expect(count('participant.joined')).toBeLessThanOrEqual(count('participant.left'))
    expect(count('conference.recording-started')).toBe(count('conference.recording-completed'))
  }
  await lab.store.close()
})
