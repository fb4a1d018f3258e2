import { describe, expect, test } from 'vitest'
import { writeVerbs } from '../../../../engine/api/dialects/telefonie/write-verbs.ts'
import { readVerbs } from '../../../../engine/app/verb-document.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { Verb } from '../../../../engine/core/verbs.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'
import { answers, hangsUp } from '../two-parties.ts'

const bye = { verb: 'say', text: 'bye' } as const

/** A caller whose call does that; 1001 is there to be called. */
async function caller(verbs: readonly Verb[], lab?: CallLab): Promise<[CallLab, CallId]> {
  const used = lab ?? (await openCallLab())
  const number = `+1500555${String(1000 + Math.trunc(used.invited.length + used.calls.size))}`
  if (!lab) await used.addDevice('1001', true)
  await used.addNumber(number, { kind: 'verbs', verbs })
  return [used, await used.incoming(number)]
}

const hears = (lab: CallLab, id: CallId) => lab.nowPlaying(id)
const isGone = (lab: CallLab, id: CallId) => lab.calls.get(id) === undefined

test('documents of them, read and written again', () => {
  const documents = [
    { verb: 'mute', what: 'hears', on: false },
    { verb: 'park', slot: 'a', timeout: 1.5, music_url: 'https://x.example/m.wav' },
    { verb: 'pickup', slot: 'a' },
    { verb: 'bridge', call_id: '3f0c1f0e-6f0f-4a6b-9d57-0f3c6c1f5a10' },
    { verb: 'transfer', to: '1001' },
    { verb: 'record', action: 'mask' },
  ]
  const verbs = readVerbs(documents)
  expect(verbs[1]).toEqual({
    verb: 'park',
    slot: 'a',
    timeoutMs: 1500,
    musicUrl: 'https://x.example/m.wav',
  })
  expect(writeVerbs(verbs)).toEqual(documents)
})

test.each([
  [{ verb: 'mute', what: 'everything' }],
  [{ verb: 'park', slot: 'a b' }],
  [{ verb: 'pickup' }],
  [{ verb: 'bridge', call_id: 'x' }],
  [{ verb: 'transfer' }],
  [{ verb: 'record', action: 'rewind' }],
])('%j is no such document', (document) => {
  expect(() => readVerbs([document])).toThrow()
})

describe('what they do', () => {
  test('mute, and its end', async () => {
    const [lab] = await caller([{ verb: 'mute' }, { verb: 'mute', on: false }, bye])
    const said = lab.commands.filter((line) => line.startsWith('media.mute'))
    expect(said).toEqual(['media.mute c1 muted', 'media.mute c1'])
  })

  test('park: nobody comes, and the list goes on', async () => {
    const [lab, id] = await caller([{ verb: 'park', slot: 'a', timeoutMs: 4_000 }, bye])
    expect(hears(lab, id)).toMatchObject({ tone: 'hold' })
    expect(lab.actions.parked(lab.account.id)).toMatchObject([{ slot: 'a' }])
    await lab.clock.advance(4_000)
    await lab.settle()
    expect(hears(lab, id)).toMatchObject({ path: '/speech/bye' })
  })

  test('pickup: the two talk, and the end of one is that of both; of an empty slot the list goes on', async () => {
    const [lab, parked] = await caller([{ verb: 'park', slot: 'a' }, bye])
    const [, other] = await caller([{ verb: 'pickup', slot: 'b' }, bye], lab)
    expect(hears(lab, other)).toMatchObject({ path: '/speech/bye' })
    const [, picker] = await caller([{ verb: 'pickup', slot: 'a' }, bye], lab)
    await lab.settle()
    expect(lab.calls.get(parked)?.partner?.id).toBe(picker)
    await hangsUp(lab, parked)
    expect(isGone(lab, picker)).toBe(true)
  })

  test('bridge with a call that is up; with one that is not there the call fails', async () => {
    const [lab, first] = await caller([{ verb: 'pause', durationMs: 60_000 }])
    await lab.actions.redirect(lab.account.id, first, { verbs: [{ verb: 'park' }] })
    await lab.settle()
    const [, second] = await caller([{ verb: 'bridge', callId: first }], lab)
    await lab.settle()
    expect(lab.calls.get(first)?.partner?.id).toBe(second)
    const [, third] = await caller([{ verb: 'bridge', callId: 'x' as CallId }], lab)
    await lab.settle()
    expect(isGone(lab, third)).toBe(true)
  })

  test('transfer: hangs up after the talk; goes on when nobody answers', async () => {
    const [lab, id] = await caller([{ verb: 'transfer', to: '1001' }, bye])
    lab.sip.rejected(lab.invited.at(-1)!, 486, 'Busy')
    await lab.settle()
    expect(hears(lab, id)).toMatchObject({ path: '/speech/bye' })
    const [, other] = await caller([{ verb: 'transfer', to: '1001' }, bye], lab)
    const target = lab.invited.at(-1)!
    await answers(lab, target)
    expect(lab.calls.get(other)?.partner?.id).toBe(target)
    await hangsUp(lab, target)
    expect(isGone(lab, other)).toBe(true)
    const log = (await lab.logOf(other)).filter((type) => type.startsWith('transfer.'))
    expect(log).toEqual(['transfer.started', 'transfer.completed'])
  })

  test('record: paused and masked where there is a recording, else nothing', async () => {
    const record = (action: 'start' | 'stop' | 'pause' | 'resume') =>
      ({ verb: 'record', action }) as const
    const [lab] = await caller([
      ...[record('pause'), record('start'), record('pause'), record('resume'), record('stop')],
      bye,
    ])
    await lab.settle()
    expect(lab.commands.filter((line) => line.startsWith('media.setRecording'))).toEqual([
      'media.setRecording c1 paused',
      'media.setRecording c1 running',
    ])
  })
})
