import { expect, test } from 'vitest'
import { awaitMembers } from '../../../../engine/app/conferences/await-members.ts'
import { recover } from '../../../../engine/app/recover.ts'
import type { ConferenceId } from '../../../../engine/core/ids.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

test('what a crash left: conferences end with the process, their recordings are whole', async () => {
  const lab = await openConferenceLab()
  const going = await lab.room({ options: { record: true } })
  const a = await lab.member(going)
  const memberRecording = await lab.desk.startRecording(lab.account.id, going, a)
  const { recordingId } = await lab.desk.get(lab.account.id, going)
  const fresh = await lab.room()
  const over = await lab.room()
  await lab.desk.end(lab.account.id, over)
  const diedAtMs = lab.clock.nowMs() + 5_000
  await lab.clock.advance(10_000)
  const emptied: string[] = []
  Object.assign(lab.ports.recordingFiles, { emptyScratch: async () => void emptied.push('once') })
  const left = await recover(lab.ports, diedAtMs)
  expect(emptied).toEqual(['once'])
  expect(left).toEqual({ calls: 1, conferences: 1, recordings: 2 })
  const stored = (id: ConferenceId) => lab.store.conferences.get(lab.account.id, id)
  expect(await stored(going)).toMatchObject({
    ...{ status: 'completed', endReason: 'process_restarted', endedAtMs: diedAtMs },
  })
  expect(await stored(fresh)).toMatchObject({ status: 'init', endReason: null })
  const ended = await lab.store.conferences.get(lab.account.id, over)
  expect(ended?.endReason).toBe('api')
  const mended = { durationMs: 1, bytes: 60, reason: 'process_restarted' }
  const told = (await lab.events(going)).slice(-3).map(({ type, data }) => [type, data])
  expect(told).toEqual(
    expect.arrayContaining([
      ['conference.ended', { reason: 'process_restarted' }],
      ['conference.recording-completed', { recordingId, ...mended }],
      ['conference.recording-completed', { callId: a, recordingId: memberRecording, ...mended }],
    ]),
  )
  expect(await recover(lab.ports, diedAtMs)).toEqual({ calls: 0, conferences: 0, recordings: 0 })
  await lab.store.close()
})

/** As when the process starts again: all that it knew of conferences is gone. */
async function startAgain(lab: ConferenceLab): Promise<number> {
  for (const conference of lab.calls.conferences.all()) {
    for (const disarm of conference.timers) disarm()
    lab.calls.conferences.remove(conference)
  }
  await recover(lab.ports, lab.clock.nowMs())
  return awaitMembers({ ports: lab.ports, calls: lab.calls })
}

test('a room to which nobody has come yet waits on, with all that was said of it', async () => {
  const lab = await openConferenceLab()
  const id = await lab.room({ friendlyName: 'room', options: { pin: '1234' } })
  await lab.clock.advance(3_600_000)
  expect(await startAgain(lab)).toBe(1)
  const a = await lab.dialIn()
  await lab.press(a, '1234')
  expect(await lab.desk.participants(lab.account.id, id)).toMatchObject([{ callId: a }])
  expect(await lab.desk.get(lab.account.id, id)).toMatchObject({
    record: { status: 'in-progress' },
  })
  expect((await lab.types(id)).slice(0, 2)).toEqual(['conference.created', 'conference.started'])
  await lab.store.close()
})

test('it waits until 24 hours after it was made, not after the start', async () => {
  const lab = await openConferenceLab()
  const id = await lab.room()
  await lab.clock.advance(10 * 3_600_000)
  expect(await startAgain(lab)).toBe(1)
  await lab.clock.advance(14 * 3_600_000 - 1)
  await lab.settle()
  const record = () => lab.store.conferences.get(lab.account.id, id)
  expect(await record()).toMatchObject({ status: 'init' })
  await lab.clock.advance(1)
  await lab.settle()
  expect(await record()).toMatchObject({ status: 'completed', endReason: 'never_begun' })
  await lab.store.close()
})

test('the engine stood still for too long: it is over soon after the start', async () => {
  const lab = await openConferenceLab()
  const id = await lab.room()
  const { live } = lab
  for (const disarm of live(id).timers) disarm()
  await lab.clock.advance(30 * 3_600_000)
  await startAgain(lab)
  await lab.clock.advance(1)
  await lab.settle()
  expect(await lab.store.conferences.get(lab.account.id, id)).toMatchObject({
    ...{ status: 'completed', endReason: 'never_begun' },
  })
  await lab.store.close()
})
