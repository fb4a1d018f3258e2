import { expect, test } from 'vitest'
import { recover } from '../../../../engine/app/recover.ts'
import { openConferenceLab } from './conference-lab.ts'

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
  expect(left).toEqual({ calls: 1, conferences: 2, recordings: 2 })
  for (const id of [going, fresh]) {
    expect(await lab.store.conferences.get(lab.account.id, id)).toMatchObject({
      ...{ status: 'completed', endReason: 'process_restarted', endedAtMs: diedAtMs },
    })
  }
  const ended = await lab.store.conferences.get(lab.account.id, over)
  expect(ended?.endReason).toBe('api')
  const told = (await lab.events(going)).slice(-3).map(({ type, data }) => [type, data])
  expect(told).toEqual(
    expect.arrayContaining([
      ['conference.ended', { reason: 'process_restarted' }],
      ['conference.recording-completed', { recordingId, reason: 'process_restarted' }],
      [
        'conference.recording-completed',
        { callId: a, recordingId: memberRecording, reason: 'process_restarted' },
      ],
    ]),
  )
  expect(await recover(lab.ports, diedAtMs)).toEqual({ calls: 0, conferences: 0, recordings: 0 })
  await lab.store.close()
})
