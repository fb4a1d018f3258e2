import { describe, expect, test } from 'vitest'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { GatherVerb, Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

async function up(lab: CallLab, verbs: readonly Verb[]): Promise<CallId> {
  const request = { to: '+61498765432', from: ownNumber, verbs }
  const { id } = await lab.centre.placeCall(lab.account, request)
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return id
}

async function press(lab: CallLab, id: CallId, ...keys: string[]): Promise<void> {
  for (const key of keys) lab.media.digit(id, key, 100)
  await lab.settle()
}

const heard = (lab: CallLab, id: CallId) => {
  const sound = lab.nowPlaying(id)
  return sound?.kind === 'wav' ? sound.path.replace('/speech/', '') : undefined
}
const stored = (lab: CallLab, id: CallId) => lab.centre.getCall(lab.account.id, id)

/** A question whose answers are `1` and `#`, asked twice. */
const question: GatherVerb = {
  verb: 'gather',
  prompt: { verb: 'say', text: 'question' },
  keys: '1#',
  finishOnKey: '',
  timeoutMs: 10_000,
  attempts: 2,
  branches: {
    '1': [{ verb: 'say', text: 'one' }],
    '#': [{ verb: 'say', text: 'hash' }],
  },
}

describe('only the keys that are listed count', () => {
  test('another key does not stop the prompt', async () => {
    const lab = await openCallLab()
    const id = await up(lab, [question])
    await press(lab, id, '2', '*', '0', 'A')
    expect(heard(lab, id)).toBe('question')
    await press(lab, id, '1')
    expect(heard(lab, id)).toBe('one')
    await lab.finishPlay(id)
    expect(await stored(lab, id)).toMatchObject({ status: 'completed', gathered: '1' })
  })

  test('another key neither ends the wait nor begins it anew', async () => {
    const lab = await openCallLab()
    const id = await up(lab, [question])
    await lab.finishPlay(id)
    await lab.clock.advance(9_000)
    await press(lab, id, '2', '3')
    expect(heard(lab, id)).toBeUndefined()
    await lab.clock.advance(999)
    expect(heard(lab, id)).toBeUndefined()
    await lab.clock.advance(1)
    expect(heard(lab, id)).toBe('question')
    await lab.finishPlay(id)
    await lab.clock.advance(9_999)
    await press(lab, id, '9')
    expect((await stored(lab, id)).status).toBe('in-progress')
    await lab.clock.advance(1)
    expect(await stored(lab, id)).toMatchObject({ status: 'completed', gathered: null })
  })

  test('without a prompt the wait is one too', async () => {
    const lab = await openCallLab()
    const id = await up(lab, [{ verb: 'gather', keys: '1', timeoutMs: 3_000 }])
    await lab.clock.advance(2_999)
    await press(lab, id, '7')
    await lab.clock.advance(1)
    expect(await stored(lab, id)).toMatchObject({ status: 'completed', gathered: null })
  })

  test('with no finishing key # is a key like others', async () => {
    const lab = await openCallLab()
    const id = await up(lab, [question])
    await press(lab, id, '#')
    expect(heard(lab, id)).toBe('hash')
    expect((await stored(lab, id)).gathered).toBe('#')
  })

  test('the finishing key counts without being listed', async () => {
    const lab = await openCallLab()
    const verbs: Verb[] = [
      { verb: 'gather', keys: '12', numDigits: 4 },
      { verb: 'say', text: 'then' },
    ]
    const id = await up(lab, verbs)
    await press(lab, id, '1', '9', '2', '#', '1')
    expect(heard(lab, id)).toBe('then')
    expect((await stored(lab, id)).gathered).toBe('12')
  })

  test('keys pressed ahead are sieved too', async () => {
    const lab = await openCallLab()
    const id = await up(lab, [{ verb: 'pause', durationMs: 1_000 }, question])
    await press(lab, id, '5', '1')
    await lab.clock.advance(1_000)
    expect(heard(lab, id)).toBe('one')
  })
})

describe('what was gathered is a field of the call', () => {
  test('it is stored before the branch has been run', async () => {
    const lab = await openCallLab()
    const id = await up(lab, [question])
    expect((await stored(lab, id)).gathered).toBeNull()
    await press(lab, id, '1')
    expect(await stored(lab, id)).toMatchObject({ status: 'in-progress', gathered: '1' })
  })

  test('the last gather that got something has the last word', async () => {
    const lab = await openCallLab()
    const ask: Verb = { verb: 'gather', numDigits: 2, timeoutMs: 1_000 }
    const id = await up(lab, [ask, ask, ask, { verb: 'pause', durationMs: 60_000 }])
    await press(lab, id, '1', '2')
    expect((await stored(lab, id)).gathered).toBe('12')
    await press(lab, id, '3', '4')
    expect((await stored(lab, id)).gathered).toBe('34')
    await lab.clock.advance(1_000)
    expect(await stored(lab, id)).toMatchObject({ status: 'in-progress', gathered: '34' })
  })

  test('a trigger call has the key of its agent', async () => {
    const lab = await openCallLab()
    const { id } = await lab.centre.triggerCall(lab.account, {
      agentPhone: '+61498765431',
      leadPhone: '+61498765432',
      leadName: 'Ann',
    })
    await lab.settle()
    lab.sip.answered(id, 'v=0', 'x')
    await lab.settle()
    await press(lab, id, '1')
    lab.sip.remoteHangup(id, 'BYE')
    await lab.settle()
    expect((await stored(lab, id)).gathered).toBe('1')
  })
})

test('keys stand in the document as they are', () => {
  expect(readVerbs([{ verb: 'gather', keys: '1*#' }])).toEqual([{ verb: 'gather', keys: '1*#' }])
  for (const keys of ['', 'A', '1'.repeat(13), 1]) {
    expect(() => readVerbs([{ verb: 'gather', keys }])).toThrow('verbs/0/keys')
  }
})
