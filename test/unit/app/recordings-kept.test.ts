import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepRecording } from '../../../engine/app/recordings/keep.ts'
import { noSteps } from '../../../engine/app/recordings/kept.ts'
import { recoverRecordings } from '../../../engine/app/recordings/recover.ts'
import { deleteRecording, finishDeletions } from '../../../engine/app/recordings/remove.ts'
import { keepRecordings } from '../../../engine/app/recordings/retention.ts'
import { Uploads } from '../../../engine/app/recordings/uploads.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'
import { settle } from '../../support/virtual-clock.ts'
import { call, uuid } from '../store/fixtures.ts'

const dayMs = 86_400_000
let lab: CallLab
beforeEach(async () => {
  lab = await openCallLab()
})
afterEach(() => lab.store.close())

const recording = (name: string, over: Partial<RecordingRecord> = {}): RecordingRecord => ({
  ...{ id: uuid(`recording ${name}`) as RecordingId, accountId: lab.account.id, callId: null },
  ...{ status: 'completed', failure: null, path: `2026/01/${name}.wav`, channels: 2 },
  ...{ durationMs: 1_000, bytes: 60, createdAtMs: lab.clock.nowMs() },
  ...over,
})
const stored = ({ id }: RecordingRecord) => lab.store.recordings.get(lab.account.id, id)
const silent = async () => undefined

/** What the files are asked for, in order; `fails`: so often each first. */
function files(fails: Partial<Record<'seal' | 'settle' | 'erase', number>> = {}) {
  const asked: string[] = []
  const left = { ...fails }
  const step = (what: 'seal' | 'settle' | 'erase') => async () => {
    asked.push(what)
    const more = left[what] ?? 0
    left[what] = more - 1
    if (more > 0) throw new Error('the disk is full')
  }
  Object.assign(lab.ports.recordingFiles, {
    seal: async () => {
      await step('seal')()
      return { sha256: 'ab'.repeat(32) }
    },
    settle: step('settle'),
    erase: step('erase'),
  })
  return asked
}

describe('a recording that is over', () => {
  test('is sealed, stored, told, and then brought to the later steps; its plain file goes last', async () => {
    const order = files()
    const slow = Promise.withResolvers<void>()
    lab.ports.recordingSteps.kept.push(() => void order.push('first step'))
    lab.ports.recordingSteps.kept.push(async () => {
      await slow.promise
      order.push('slow step')
      throw new Error('no peaks')
    })
    lab.ports.recordingSteps.settled.push(() => void order.push('settled'))
    const one = recording('one')
    await keepRecording(lab.ports, one, async (kept) => {
      order.push(`told ${kept.sha256?.slice(0, 2)} ${(await stored(one))?.status}`)
    })
    await settle()
    expect(order).toEqual(['seal', 'told ab completed', 'first step'])
    expect(await lab.store.recordings.unsettled()).toHaveLength(1)
    slow.resolve()
    await settle()
    expect(order.slice(3)).toEqual(['slow step', 'settle', 'settled'])
    expect(await lab.store.recordings.unsettled()).toEqual([])
  })

  test('a step that never ends does not keep the plain file for ever', async () => {
    const order = files()
    lab.ports.recordingSteps.kept.push(() => new Promise(() => undefined))
    await keepRecording(lab.ports, recording('one'), silent)
    await lab.clock.advance(599_000)
    expect(order).toEqual(['seal'])
    await lab.clock.advance(1_000)
    await settle()
    expect(order).toEqual(['seal', 'settle'])
  })

  test('that can not be sealed is tried again, and is in progress until then', async () => {
    const order = files({ seal: 3 })
    const one = recording('one')
    await lab.store.recordings.save({ ...one, status: 'in-progress' })
    let told = false
    const kept = keepRecording(lab.ports, one, async () => {
      told = true
    })
    await settle()
    await lab.clock.advance(1_000 + 2_000)
    expect([order.length, told, (await stored(one))?.status]).toEqual([3, false, 'in-progress'])
    await lab.clock.advance(4_000)
    await kept
    expect([order.filter((one) => one === 'seal').length, told]).toEqual([4, true])
    expect((await stored(one))?.status).toBe('completed')
  })

  test('a database that fails for a while does not keep it from being stored, once', async () => {
    const order = files()
    const { recordings } = lab.store
    const real = recordings.keep.bind(recordings)
    let tries = 0
    const keep: typeof recordings.keep = async (...given) => {
      tries += 1
      if (tries === 2) await real(...given)
      if (tries <= 2) throw new Error('the connection is lost')
      return real(...given)
    }
    const store = { ...lab.store, recordings: { ...recordings, keep } }
    const one = recording('one')
    let told = 0
    const kept = keepRecording({ ...lab.ports, store }, one, async () => void told++)
    await settle()
    for (let n = 0; n < 5; n++) await lab.clock.advance(1_000)
    await kept
    expect([tries, told, order.filter((what) => what === 'seal').length]).toEqual([2, 1, 1])
    expect(await lab.store.recordings.chain.head(lab.account.id)).toMatchObject({ sequence: 1 })
  })

  test('its plain file goes as soon as it can, not with the next start', async () => {
    const order = files({ settle: 2 })
    const one = recording('one')
    await keepRecording(lab.ports, one, silent)
    await settle()
    expect(await lab.store.recordings.unsettled()).toHaveLength(1)
    for (let n = 0; n < 4; n++) await lab.clock.advance(5_000)
    expect(order).toEqual(['seal', 'settle', 'settle', 'settle'])
    expect(await lab.store.recordings.unsettled()).toEqual([])
  })

  test('whose file is gone has failed', async () => {
    files()
    Object.assign(lab.ports.recordingFiles, {
      seal: () => Promise.reject(new Failure('not_found', 'gone')),
    })
    const said: (string | null)[] = []
    await keepRecording(lab.ports, recording('one'), async ({ failure }) => void said.push(failure))
    expect(said).toEqual(['io_error'])
    expect(await stored(recording('one'))).toMatchObject({ status: 'failed', failure: 'io_error' })
    expect(await lab.store.recordings.chain.head(lab.account.id)).toBeUndefined()
  })
})

describe('what a process that died left', () => {
  const ofCall = async (): Promise<RecordingRecord> => {
    const made = call('a', { accountId: lab.account.id })
    await lab.store.calls.commit(made, [])
    return recording('one', { callId: made.id })
  }
  const completions = async ({ callId }: RecordingRecord) => {
    const events = callId === null ? [] : await lab.store.events.ofCall(lab.account.id, callId)
    return events.filter(({ type }) => type === 'recording.completed').length
  }

  test('stored but not told: it is told now, once', async () => {
    const order = files()
    const one = await ofCall()
    await lab.store.recordings.keep(one, { sha256: 'ab' }, lab.clock.nowMs())
    expect(await recoverRecordings(lab.ports)).toBe(0)
    await settle()
    expect(await completions(one)).toBe(1)
    expect(order).toEqual(['settle'])
    expect(await recoverRecordings(lab.ports)).toBe(0)
    expect(await completions(one)).toBe(1)
  })

  test('stored and told, but not settled: it is not told twice, and settled', async () => {
    const order = files({ settle: 1 })
    const one = await ofCall()
    await lab.store.recordings.keep(one, { sha256: 'ab' }, lab.clock.nowMs())
    await recoverRecordings(lab.ports)
    await settle()
    expect(await lab.store.recordings.unsettled()).toHaveLength(1)
    await recoverRecordings(lab.ports)
    await settle()
    expect(await completions(one)).toBe(1)
    expect(order).toEqual(['settle', 'settle'])
    expect(await lab.store.recordings.unsettled()).toEqual([])
  })

  test('one that can not be sealed, and one that can not be read now, keep no other waiting', async () => {
    const [bad, unread, good] = ['bad', 'unread', 'good'].map((name, n) =>
      recording(name, { status: 'in-progress', bytes: null, createdAtMs: n }),
    )
    for (const one of [bad!, unread!, good!]) await lab.store.recordings.save(one)
    Object.assign(lab.ports.recordingFiles, {
      seal: async ({ id }: RecordingRecord) => {
        if (id === bad!.id) throw new Error('no key that it could be encrypted for')
        return { sha256: 'ab'.repeat(32) }
      },
      repair: async (path: string) => {
        if (path !== unread!.path) return { durationMs: 10, bytes: 60 }
        throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
      },
    })
    const started = recoverRecordings(lab.ports)
    await settle()
    await lab.clock.advance(10_000)
    expect(await started).toBe(3)
    const statuses = await Promise.all([bad!, unread!, good!].map(stored))
    expect(statuses.map((one) => one?.status)).toEqual(['in-progress', 'in-progress', 'completed'])
  })

  test('still open, and its file is lost: it has failed, and that is told', async () => {
    files()
    const one = await ofCall()
    await lab.store.recordings.save({ ...one, status: 'in-progress', bytes: null })
    Object.assign(lab.ports.recordingFiles, {
      repair: async () => {
        throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })
      },
    })
    expect(await recoverRecordings(lab.ports)).toBe(1)
    expect(await stored(one)).toMatchObject({ status: 'failed', failure: 'io_error' })
    const log = await lab.store.events.ofCall(lab.account.id, one.callId!)
    expect(log.at(-1)).toMatchObject({
      type: 'recording.failed',
      data: { recordingId: one.id, reason: 'io_error' },
    })
  })

  test('still open: it is mended and sealed; the start does not wait for a disk that is full', async () => {
    files({ seal: 100 })
    const one = await ofCall()
    await lab.store.recordings.save({ ...one, status: 'in-progress', bytes: null })
    const started = recoverRecordings(lab.ports)
    await settle()
    await lab.clock.advance(10_000)
    expect(await started).toBe(1)
    expect((await stored(one))?.status).toBe('in-progress')
  })
})

describe('deletion', () => {
  test('that stops half-way is finished later, by a process that comes after too', async () => {
    const order = files({ erase: 2 })
    const one = recording('one')
    await lab.store.recordings.keep(one, { sha256: 'ab' }, 1)
    await deleteRecording(lab.ports, one, { by: 'api', why: 'asked for' })
    expect(await stored(one)).toBeUndefined()
    expect(await lab.store.recordings.deleting(10)).toHaveLength(1)
    let erased = 0
    lab.ports.recordingSteps.erased.push(() => {
      erased += 1
    })
    const stop = finishDeletions(lab.ports)
    await settle()
    expect(await lab.store.recordings.deleting(10)).toHaveLength(1)
    await lab.clock.advance(5_000)
    await settle()
    expect(await lab.store.recordings.deleting(10)).toEqual([])
    expect([order.filter((what) => what === 'erase').length, erased]).toEqual([3, 1])
    stop()
  })

  test('is refused on hold and while it is recorded', async () => {
    const why = { by: 'api', why: '' } as const
    const one = recording('one')
    await lab.store.recordings.keep(one, { sha256: 'ab' }, 1)
    await lab.store.recordings.amend(one.id, { holdReason: 'case' })
    await expect(deleteRecording(lab.ports, one, why)).rejects.toMatchObject({
      code: 'recording_on_hold',
    })
    const running = recording('two', { status: 'in-progress' })
    await expect(deleteRecording(lab.ports, running, why)).rejects.toMatchObject({
      code: 'recording_in_progress',
    })
  })
})

describe('retention', () => {
  test('deletes what is old, a few at a time, and passes by what is on hold', async () => {
    files()
    await lab.store.recordings.settings.set(lab.account.id, { retentionDays: 10 })
    for (let n = 0; n < 120; n++)
      await lab.store.recordings.keep(recording(`r${n}`), { sha256: 'ab' }, 1)
    await lab.store.recordings.amend(recording('r7').id, { holdReason: 'case' })
    const stop = keepRecordings(lab.ports)
    await settle()
    const total = async () =>
      (await lab.store.recordings.list(lab.account.id, { page: 1, pageSize: 1 })).total
    expect(await total()).toBe(120)
    for (let h = 0; h < 10 * 24; h++) await lab.clock.advance(3_600_000)
    for (let n = 0; n < 12; n++) await lab.clock.advance(600_000)
    await settle()
    expect(await total()).toBe(1)
    stop()
  })

  test('what can not be deleted is tried again with the next look, not over and over', async () => {
    files()
    await lab.store.recordings.settings.set(lab.account.id, { retentionDays: 10 })
    for (let n = 0; n < 60; n++)
      await lab.store.recordings.keep(recording(`r${n}`), { sha256: 'ab' }, 1)
    let tries = 0
    const beginDeletion = async () => {
      tries += 1
      throw new Error('the chain is damaged')
    }
    const recordings = { ...lab.store.recordings, beginDeletion }
    const stop = keepRecordings({ ...lab.ports, store: { ...lab.store, recordings } })
    await settle()
    for (let h = 0; h < 10 * 24; h++) await lab.clock.advance(3_600_000)
    tries = 0
    for (let n = 0; n < 10; n++) await lab.clock.advance(60_000)
    await settle()
    expect(tries).toBe(50)
    stop()
  })

  test('a clock that was set forward deletes nothing for an hour', async () => {
    files()
    await lab.store.recordings.settings.set(lab.account.id, { retentionDays: 10 })
    const one = recording('one')
    await lab.store.recordings.keep(one, { sha256: 'ab' }, 1)
    const shift = { ms: 0 }
    const clock = {
      nowMs: () => lab.clock.nowMs() + shift.ms,
      monotonicMs: () => lab.clock.monotonicMs(),
      after: (ms: number, run: () => void) => lab.clock.after(ms, run),
    }
    const stop = keepRecordings({ ...lab.ports, clock })
    await settle()
    shift.ms = 365 * dayMs
    for (let n = 0; n < 6; n++) await lab.clock.advance(600_000)
    await settle()
    expect(await stored(one)).toBeDefined()
    // Somebody sets it right: nothing is lost, and nothing is doubted any more.
    shift.ms = 0
    for (let n = 0; n < 12; n++) await lab.clock.advance(600_000)
    await settle()
    expect(await stored(one)).toBeDefined()
    shift.ms = 365 * dayMs
    for (let n = 0; n < 8; n++) await lab.clock.advance(600_000)
    await settle()
    expect(await stored(one)).toBeUndefined()
    stop()
  })
})

describe('uploads', () => {
  const keep = async (name: string) => {
    const one = recording(name)
    await lab.store.recordings.keep(one, { sha256: 'ab' }, 1)
    await lab.store.recordings.settle(one.id)
    return one
  }
  /** A bucket that fails for those names, and at all while `isDown`. */
  function bucket() {
    const state = { isDown: false, bad: new Set<string>(), done: [] as string[] }
    const upload = async (
      { path }: RecordingRecord,
      save: (state: Readonly<Record<string, unknown>>) => Promise<void>,
    ) => {
      await save({ uploadId: 'u', etags: [] })
      if (state.isDown || state.bad.has(path))
        throw Object.assign(new Error('no answer'), { reason: 'unreachable' })
      state.done.push(path)
      return 60
    }
    const dropLocal = async ({ path }: RecordingRecord) => {
      state.done.push(`dropped ${path}`)
    }
    const erase = async ({ path }: RecordingRecord) => {
      state.done.push(`erased ${path}`)
    }
    return { state, files: { upload, dropLocal, erase } }
  }
  const told = async (type: string) => {
    const events = await lab.store.events.after(lab.account.id, 0, 1_000)
    return events.filter((event) => event.type === type)
  }

  test('come one after the other; the local copy goes, and it is told', async () => {
    const { state, files: uploaded } = bucket()
    const one = await keep('one')
    const uploads = new Uploads(lab.ports, { files: uploaded, keepsLocal: false })
    await settle()
    expect(state.done).toEqual([one.path, `dropped ${one.path}`])
    expect(await stored(one)).toMatchObject({ place: 'bucket', uploadedAtMs: lab.clock.nowMs() })
    expect((await stored(one))?.upload).toBeUndefined()
    expect(await told('recording.uploaded')).toMatchObject([
      { data: { recordingId: one.id, bytes: 60 } },
    ])
    await uploads.close()
  })

  test('a bucket that is down is tried again ever more seldom, and told of so too; then all comes', async () => {
    const { state, files: uploaded } = bucket()
    state.isDown = true
    const all = [await keep('a'), await keep('b'), await keep('c'), await keep('d')]
    const uploads = new Uploads(lab.ports, { files: uploaded, keepsLocal: true })
    for (let n = 0; n < 60; n++) await lab.clock.advance(10_000)
    const alarms = await told('recording.upload-failed')
    expect(alarms[0]).toMatchObject({ data: { reason: 'unreachable', attempts: 1 } })
    expect(alarms.length).toBeLessThan(20)
    expect((await stored(all[0] ?? recording('a')))?.upload).toMatchObject({ uploadId: 'u' })
    state.isDown = false
    for (let n = 0; n < 60; n++) await lab.clock.advance(10_000)
    expect(new Set(state.done)).toEqual(new Set(all.map(({ path }) => path)))
    expect(await stored(all[3] ?? recording('d'))).toMatchObject({ place: 'both' })
    await uploads.close()
  })

  test('some that can not be uploaded do not keep the others from it', async () => {
    const { state, files: uploaded } = bucket()
    for (const name of ['a', 'b', 'c', 'd', 'e']) state.bad.add((await keep(name)).path)
    await lab.clock.advance(1)
    const good = await keep('good')
    const uploads = new Uploads(lab.ports, { files: uploaded, keepsLocal: true })
    for (let n = 0; n < 30; n++) await lab.clock.advance(10_000)
    expect(state.done).toContain(good.path)
    await uploads.close()
  })

  test('those whose files are not here keep nobody waiting, and are looked for again later', async () => {
    const { state, files: uploaded } = bucket()
    const gone = new Set<string>()
    for (const name of ['a', 'b', 'c', 'd', 'e']) gone.add((await keep(name)).path)
    let looks = 0
    const upload: typeof uploaded.upload = async (one, save) => {
      if (!gone.has(one.path)) return uploaded.upload(one, save)
      looks += 1
      throw new Failure('not_found', 'The audio is not there any more')
    }
    await lab.clock.advance(1)
    const good = await keep('good')
    const uploads = new Uploads(lab.ports, { files: { ...uploaded, upload }, keepsLocal: true })
    await settle()
    expect([looks, state.done]).toEqual([5, [good.path]])
    files()
    await keepRecording(lab.ports, recording('new'), silent)
    await settle()
    expect([looks, state.done]).toEqual([5, [good.path, recording('new').path]])
    gone.clear()
    await lab.clock.advance(600_000)
    expect(state.done).toHaveLength(7)
    await uploads.close()
  })

  test('one that is deleted while it is under way does not stay in the bucket', async () => {
    files()
    const { state, files: uploaded } = bucket()
    const one = await keep('one')
    const upload: typeof uploaded.upload = async (...given) => {
      await lab.store.recordings.beginDeletion(one, { by: 'api', why: '' }, 1)
      return uploaded.upload(...given)
    }
    const uploads = new Uploads(lab.ports, { files: { ...uploaded, upload }, keepsLocal: false })
    await settle()
    expect(state.done).toEqual([one.path, `erased ${one.path}`])
    await uploads.close()
  })

  test('a new one is uploaded at once', async () => {
    const { state, files: uploaded } = bucket()
    files()
    const uploads = new Uploads(lab.ports, { files: uploaded, keepsLocal: true })
    await settle()
    await keepRecording(lab.ports, recording('one'), silent)
    await settle()
    expect(state.done).toEqual([recording('one').path])
    await uploads.close()
  })
})

test('nobody is told before all parts are there', async () => {
  files()
  const complete = Promise.withResolvers<void>()
  const steps = noSteps(complete.promise)
  const seen: string[] = []
  steps.kept.push(({ id }) => void seen.push(id))
  await keepRecording({ ...lab.ports, recordingSteps: steps }, recording('one'), silent)
  await settle()
  expect(seen).toEqual([])
  complete.resolve()
  await settle()
  expect(seen).toEqual([recording('one').id])
})
