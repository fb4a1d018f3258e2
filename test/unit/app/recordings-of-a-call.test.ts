import { describe, expect, test } from 'vitest'
import type { RecordControl } from '../../../engine/app/actions/record-control.ts'
import { recordingStory } from '../../../engine/app/recordings/story.ts'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import type { CallId, RecordingId } from '../../../engine/core/ids.ts'
import type { CallLab } from '../../support/call-lab.ts'
import { hangsUp, twoParties } from './two-parties.ts'

const act = async (lab: CallLab, id: CallId, control: RecordControl): Promise<string> => {
  try {
    await lab.actions.record(lab.account.id, id, control)
    return 'done'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const all = async (lab: CallLab) =>
  (await lab.store.recordings.list(lab.account.id, { page: 1, pageSize: 20 })).recordings

const told = async (lab: CallLab, id: CallId, type: string) =>
  (await lab.store.events.ofCall(lab.account.id, id))
    .filter((event) => event.type === type)
    .map(({ data }) => data)

describe('recordings of a call', () => {
  test('of its leg as many as are wanted, beside that of the call; each ends by its own', async () => {
    const { lab, caller } = await twoParties()
    expect(await act(lab, caller, { action: 'start' })).toBe('done')
    expect(await act(lab, caller, { action: 'start' })).toBe('already_exists')
    expect(await act(lab, caller, { action: 'start', of: 'leg', channels: 1 })).toBe('done')
    expect(await act(lab, caller, { action: 'start', of: 'leg', format: 'opus' })).toBe('done')
    const begun = lab.commands.filter((line) => line.startsWith('media.record'))
    expect(begun.map((line) => line.split(' ').at(-1))).toEqual([
      'receivedLeft',
      'received',
      'receivedLeft',
    ])
    const [ofCall, mono, stereo] = (await all(lab)).toSorted(
      (a, b) => (a.source ?? '').localeCompare(b.source ?? '') || a.channels - b.channels,
    )
    expect(ofCall).toMatchObject({ channels: 2, status: 'in-progress' })
    expect(mono).toMatchObject({ source: 'leg', channels: 1 })
    expect(stereo).toMatchObject({ source: 'leg', channels: 2, format: 'opus' })
    expect(stereo?.path.endsWith('.opus')).toBe(true)
    expect(await act(lab, caller, { action: 'stop', recordingId: mono!.id })).toBe('done')
    expect(await act(lab, caller, { action: 'stop', recordingId: mono!.id })).toBe('not_recording')
    await lab.settle()
    const statuses = new Map((await all(lab)).map(({ id, status }) => [id, status]))
    expect(statuses.get(mono!.id)).toBe('completed')
    expect(statuses.get(ofCall!.id)).toBe('in-progress')
    await hangsUp(lab, caller)
    expect((await all(lab)).every(({ status }) => status === 'completed')).toBe(true)
    const call = await lab.store.calls.get(lab.account.id, caller)
    expect(call?.recordingId).toBe(ofCall!.id)
  })

  test('what is masked is stored at once, and told', async () => {
    const { lab, caller } = await twoParties()
    await act(lab, caller, { action: 'start' })
    await act(lab, caller, { action: 'mask', maskWith: 'tone' })
    expect(lab.commands).toContain('media.setRecording c1 toned')
    const span = { kind: 'masked', startMs: 20, endMs: 40 }
    expect((await all(lab))[0]).toMatchObject({ spans: [span] })
    expect(await told(lab, caller, 'recording.paused')).toMatchObject([
      { mode: 'masked', spans: [span] },
    ])
  })

  test('one whose media thread had died goes on: the gap is stored and told, and its end is told once', async () => {
    const { lab, caller } = await twoParties()
    await act(lab, caller, { action: 'start' })
    await act(lab, caller, { action: 'start', of: 'leg' })
    const ids = (await all(lab)).map(({ id }) => id)
    const spans = [{ kind: 'lost', startMs: 20, endMs: 1640 }] as const
    for (const id of ids) lab.media.recordingGap(id, spans)
    lab.media.recordingGap('of nobody' as RecordingId, spans)
    await lab.settle()
    const interrupted = await told(lab, caller, 'recording.interrupted')
    expect(interrupted).toEqual(ids.map((recordingId) => ({ recordingId, spans })))
    for (const one of await all(lab)) expect(one).toMatchObject({ status: 'in-progress', spans })
    // A gap that is told right before the end does not undo it.
    lab.media.recordingGap(ids[0]!, spans)
    await hangsUp(lab, caller)
    for (const one of await all(lab)) expect(one).toMatchObject({ status: 'completed', spans })
    const completed = await told(lab, caller, 'recording.completed')
    expect(new Map(completed.map((one) => [one['recordingId'], one['reason']]))).toEqual(
      new Map(ids.map((id) => [id, null])),
    )
    expect(completed).toHaveLength(ids.length)
    expect(completed.every((one) => one['spans'] !== undefined)).toBe(true)
  })

  test('what is masked without saying where is so in all that run, and each is told; one alone by its id', async () => {
    const { lab, caller } = await twoParties()
    await act(lab, caller, { action: 'start' })
    const ofLeg = { action: 'start', of: 'leg', format: 'opus' } as const
    const [leg] = (await lab.actions.record(lab.account.id, caller, ofLeg)).recordingIds
    const [ofCall] = (await all(lab)).filter(({ source }) => source === undefined)
    const both = [ofCall!.id, leg!]
    const mask = { action: 'mask', maskWith: 'tone' } as const
    const answer = await lab.actions.record(lab.account.id, caller, mask)
    expect(answer.recordingIds).toEqual(both)
    expect(lab.commands.filter((line) => line === 'media.setRecording c1 toned')).toHaveLength(2)
    for (const one of await all(lab)) expect(one.spans).toHaveLength(1)
    const paused = await told(lab, caller, 'recording.paused')
    expect(paused.map(({ recordingId }) => recordingId)).toEqual(both)

    await act(lab, caller, { action: 'resume', recordingId: leg! })
    expect(
      (await told(lab, caller, 'recording.resumed')).map((data) => data['recordingId']),
    ).toEqual([leg])
    await act(lab, caller, { action: 'stop' })
    await lab.settle()
    const running = (await all(lab)).filter(({ status }) => status === 'in-progress')
    expect(running.map(({ id }) => id)).toEqual([leg])
  })

  test('the marks of a recording are of what happened to that one alone', async () => {
    const { lab, caller } = await twoParties()
    await act(lab, caller, { action: 'start' })
    await act(lab, caller, { action: 'start', of: 'leg' })
    await act(lab, caller, { action: 'mask', of: 'call' })
    await lab.settle()
    const marksOf = async (of: 'call' | 'leg') => {
      const one = (await all(lab)).find(({ source = 'call' }) => source === of)
      // As a page without the spans would show it.
      const story = await recordingStory(lab.store, { ...one!, spans: [] }, { hidesDigits: true })
      return story.marks.map(({ text }) => text)
    }
    expect(await marksOf('call')).toContain('Recording masked')
    expect(await marksOf('leg')).not.toContain('Recording masked')
  })

  test('the account says how, where nobody else does', async () => {
    const { lab, caller } = await twoParties()
    await lab.store.recordings.settings.set(lab.account.id, { format: 'opus', beepEveryMs: 10_000 })
    await act(lab, caller, { action: 'start' })
    expect((await all(lab))[0]).toMatchObject({ format: 'opus' })
    const beeps = () => lab.commands.filter((line) => line === 'media.playOver c1 beep').length
    await lab.clock.advance(10_000)
    await lab.settle()
    expect(beeps()).toBe(1)
    await act(lab, caller, { action: 'pause' })
    await lab.clock.advance(10_000)
    await lab.settle()
    expect(beeps()).toBe(1)
    await act(lab, caller, { action: 'stop' })
    await lab.clock.advance(60_000)
    await lab.settle()
    expect(beeps()).toBe(1)
  })

  test('is announced to both before it begins', async () => {
    const { lab, caller } = await twoParties()
    const starting = act(lab, caller, { action: 'start', announcement: 'you are recorded' })
    await lab.settle()
    expect(await all(lab)).toEqual([])
    const heard = lab.commands.filter((line) => line.startsWith('media.playOver'))
    expect(heard).toHaveLength(2)
    for (const id of lab.calls.all()) await lab.finishOver(id.id)
    expect(await starting).toBe('done')
    expect(await all(lab)).toHaveLength(1)
  })
})

describe('a disk that is nearly full', () => {
  test('refuses what is new and tells the operator; calls go on; when there is room again it records', async () => {
    const { lab, caller } = await twoParties()
    await act(lab, caller, { action: 'start' })
    lab.disk.freeBytes = 9e9
    await lab.calls.space.look()
    expect(await act(lab, caller, { action: 'start', of: 'leg' })).toBe('disk_low')
    expect(lab.calls.get(caller)?.state.at).toBe('up')
    // What runs goes on.
    expect((await all(lab)).map(({ status }) => status)).toEqual(['in-progress'])
    lab.disk.freeBytes = 10.5e9
    await lab.calls.space.look()
    expect(lab.calls.space.isLow).toBe(true)
    lab.disk.freeBytes = 20e9
    await lab.calls.space.look()
    await lab.settle()
    expect(await act(lab, caller, { action: 'start', of: 'leg' })).toBe('done')
    const events = await lab.store.events.after(lab.account.id, 0, 100)
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('system.'))).toEqual([
      'system.disk-low',
      'system.disk-well',
    ])
  })
})

test('a disk that takes no more refuses what is new at once; what has no sample leaves no file', async () => {
  const { lab, caller } = await twoParties()
  const ofLeg = { action: 'start', of: 'leg' } as const
  await act(lab, caller, { action: 'start' })
  const [{ id: recordingId, path } = { id: undefined, path: '' }] = await all(lab)
  if (!recordingId) throw new Error('nothing is recorded')
  const nothing = { recordingId, path, durationMs: 0, bytes: 44, failure: 'no_space' } as const
  lab.media.recordingEnded(caller, nothing)
  expect(await act(lab, caller, ofLeg)).toBe('disk_low')
  await lab.settle()
  expect(await all(lab)).toMatchObject([{ status: 'failed', failure: 'no_space', bytes: 0 }])
  expect(lab.erased).toEqual([recordingId])
  // The next look finds room.
  await lab.calls.space.look()
  expect(await act(lab, caller, ofLeg)).toBe('done')
})

test.each([
  ['of which there is a header is told as left behind', 44, ['an empty recording is not removed']],
  ['of which there is nothing is not', 0, []],
])('an empty recording that can not be removed, %s', async (_what, bytes, lines) => {
  const { lab, caller } = await twoParties()
  const erase = () => Promise.reject(new Error('EMFILE: too many open files'))
  Object.assign(lab.ports.recordingFiles, { erase })
  const warnings: string[] = []
  const warn = (line: string) => void warnings.push(line)
  Object.assign(lab.ports, { log: { ...lab.ports.log, warn } })
  await act(lab, caller, { action: 'start' })
  const [{ id: recordingId, path } = { id: undefined, path: '' }] = await all(lab)
  if (!recordingId) throw new Error('nothing is recorded')
  const nothing = { recordingId, path, durationMs: 0, bytes, failure: 'io_error' } as const
  lab.media.recordingEnded(caller, nothing)
  await lab.settle()
  expect(await all(lab)).toMatchObject([{ status: 'failed', failure: 'io_error', bytes: 0 }])
  expect(warnings).toEqual(lines)
})

test('what is lost as the machine did not keep up is told with the end', async () => {
  const { lab, caller } = await twoParties()
  await act(lab, caller, { action: 'start' })
  const [{ id: recordingId, path } = { id: undefined, path: '' }] = await all(lab)
  if (!recordingId) throw new Error('nothing is recorded')
  const whole = { recordingId, path, durationMs: 60_000, bytes: 900_000, failure: null }
  lab.media.recordingEnded(caller, { ...whole, lostMs: 1904 })
  await lab.settle()
  expect((await all(lab))[0]).toMatchObject({ status: 'completed', durationMs: 60_000 })
  expect(await told(lab, caller, 'recording.completed')).toMatchObject([{ lostMs: 1904 }])
})

test('the verb says the same in its own words', () => {
  const verbs = [
    { verb: 'record', action: 'start', of: 'leg', channels: 1, beep_every: 15 },
    { verb: 'record', action: 'mask', mask_with: 'tone' },
  ]
  expect(readVerbs(verbs)).toEqual([
    { verb: 'record', action: 'start', of: 'leg', channels: 1, beepEveryMs: 15_000 },
    { verb: 'record', action: 'mask', maskWith: 'tone' },
  ])
})
