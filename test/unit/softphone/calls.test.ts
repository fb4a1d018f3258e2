import { beforeEach, describe, expect, test } from 'vitest'
import type { Origin } from '../../../softphone/app/store/call-view.ts'
import { type Calls, createCalls } from '../../../softphone/app/store/calls.ts'
import type { Quality } from '../../../softphone/device/types.ts'
import { FakeDevice } from './fake-device.ts'

let device: FakeDevice
let calls: Calls
let told: string[]

beforeEach(() => {
  device = new FakeDevice()
  told = []
  calls = createCalls(
    {
      onEnd: ({ party, end }) => told.push(`${party} ended by ${end.by}`),
      onTransfer: ({ party }, sipStatus) => told.push(`${party} transfer ${sipStatus}`),
    },
    () => new Date(5000),
  )
  calls.attach(device)
})

/** A call to somebody, answered. */
async function talk(to: string) {
  await calls.place(to)
  const call = device.calls.at(-1)!
  call.become('open')
  return call
}

const quality: Quality = {
  ...{ at: new Date(0), lossPercent: 0, jitterMs: 1, roundTripMs: 9, mos: 4.3 },
  ...{ codec: 'opus', inputLevel: 0, outputLevel: 0 },
}

describe('one call', () => {
  test('is shown from the moment when it is placed', async () => {
    await calls.place('1002')
    expect(calls.focused.value).toMatchObject({ party: '1002', state: 'pending' })
    device.calls[0]!.become('ringing')
    expect(calls.focused.value?.state).toBe('ringing')
  })

  test('leaves behind how it ended, until that is dismissed', async () => {
    const call = await talk('1002')
    call.end({ by: 'remote', reason: '' })
    expect(calls.focused.value).toBeUndefined()
    expect(calls.ended.value).toMatchObject({
      ...{ party: '1002', answeredAt: new Date(1000), endedAt: new Date(5000) },
    })
    expect(told).toEqual(['1002 ended by remote'])
    calls.dismissEnded()
    expect(calls.ended.value).toBeUndefined()
  })

  test('keeps a minute of its quality, and nothing once it is over', async () => {
    const call = await talk('1002')
    for (let second = 0; second < 70; second++)
      call.emit('quality', { ...quality, jitterMs: second })
    const kept = calls.history.value.get(call.id)
    expect(kept).toHaveLength(60)
    expect(kept?.at(-1)?.jitterMs).toBe(69)
    await calls.hangup(call.id)
    expect(calls.history.value.size).toBe(0)
  })

  test('that could not be placed is nowhere', async () => {
    device.failure = Object.assign(new Error('no'), { code: 'microphone-denied' })
    await expect(calls.place('1002')).rejects.toThrow('no')
    expect(calls.views.value).toEqual([])
  })
})

describe('a call that comes in', () => {
  test('waits beside the one that is on', async () => {
    const first = await talk('1002')
    const second = device.ring('1003')
    expect(calls.focused.value?.id).toBe(first.id)
    expect(calls.waiting.value.map(({ party }) => party)).toEqual(['1003'])
    await calls.accept(second.id, 'hold')
    expect(first.held).toBe(true)
    expect(calls.focused.value?.id).toBe(second.id)
    expect(calls.waiting.value).toEqual([])
  })

  test('may end the one that is on', async () => {
    const first = await talk('1002')
    const second = device.ring('1003')
    await calls.accept(second.id, 'end')
    expect(first.asked).toEqual(['hangup'])
    expect(calls.views.value.map(({ id }) => id)).toEqual([second.id])
  })

  test('is declined without a word to the other', async () => {
    const first = await talk('1002')
    const second = device.ring('1003')
    await calls.decline(second.id)
    expect(second.asked).toEqual(['decline'])
    expect(first.asked).toEqual([])
  })

  test('whose caller gives up is gone, and the call that is on stays shown', async () => {
    const first = await talk('1002')
    device.ring('1003').end({ by: 'remote', reason: '' })
    expect(calls.waiting.value).toEqual([])
    expect(calls.focused.value?.id).toBe(first.id)
  })
})

describe('two calls', () => {
  test('the first is held while the second is placed; swapping holds the second', async () => {
    const first = await talk('1002')
    const second = await talk('1003')
    expect([first.held, second.held]).toEqual([true, false])
    await calls.swapTo(first.id)
    expect([first.held, second.held]).toEqual([false, true])
    expect(calls.focused.value?.id).toBe(first.id)
  })

  test('when one ends, the other is shown', async () => {
    const first = await talk('1002')
    const second = await talk('1003')
    await calls.hangup(second.id)
    expect(calls.focused.value?.id).toBe(first.id)
  })

  test('are merged, and one alone is no conference', async () => {
    const first = await talk('1002')
    const second = await talk('1003')
    await calls.merge()
    expect(calls.merged.value).toEqual(new Set([first.id, second.id]))
    expect(first.held).toBe(false)
    await calls.hangup(first.id)
    expect(calls.merged.value.size).toBe(0)
  })
})

describe('transfer', () => {
  test('at once to a number; our part ends when it is done', async () => {
    const call = await talk('1002')
    await calls.transfer(call.id, '+15005550140')
    call.emit('transfer', 200)
    expect(call.asked).toEqual(['transfer +15005550140', 'hangup'])
    expect(told).toEqual(['1002 transfer 200', '1002 ended by local'])
  })

  test('after a consultation', async () => {
    const first = await talk('1002')
    await calls.consult(first.id, '1003')
    const second = device.calls.at(-1)!
    second.become('open')
    expect(calls.consults.value.get(second.id)).toBe(first.id)
    await calls.completeTransfer(second.id)
    first.emit('transfer', 180)
    expect(second.asked).toEqual([])
    first.emit('transfer', 200)
    expect(first.asked.slice(-2)).toEqual([`transfer ${second.id}`, 'hangup'])
    expect(second.asked).toEqual(['hangup'])
    expect(calls.views.value).toEqual([])
  })

  test('a consultation whose first call is over is none any more', async () => {
    const first = await talk('1002')
    await calls.consult(first.id, '1003')
    const second = device.calls.at(-1)!
    first.end({ by: 'remote', reason: '' })
    expect(calls.consults.value.size).toBe(0)
    await expect(calls.completeTransfer(second.id)).rejects.toThrow('over')
  })
})

test('calls of a device that was given up are not shown', async () => {
  await talk('1002')
  calls.attach(undefined)
  expect(calls.views.value).toEqual([])
  await expect(calls.place('1003')).rejects.toThrow('not connected')
})

describe('a call that is taken over', () => {
  const origin: Origin = {
    ...{ party: '1002', displayName: 'Shop', direction: 'incoming' as const },
    ...{ startedAt: new Date(100), answeredAt: new Date(200) },
  }

  test('is shown as what it was, and does not ring here', async () => {
    await calls.takeOver('one-use-token', origin)
    expect(calls.focused.value).toMatchObject({ ...origin, rings: false, state: 'open' })
    expect(calls.waiting.value).toEqual([])
    device.calls[0]!.end({ by: 'remote', reason: '' })
    expect(calls.ended.value).toMatchObject(origin)
  })

  test('gives its name to no other call', async () => {
    await calls.takeOver('one-use-token', origin)
    await calls.place('1003')
    expect(calls.views.value.map(({ party }) => party)).toEqual(['1002', '1003'])
  })
})
