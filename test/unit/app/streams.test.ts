/** Streams of a call's audio: of which calls, how many, what the log says, and keys. */
import { expect, test } from 'vitest'
import { mostStreams } from '../../../engine/app/streams/call-stream.ts'
import { streamDesk } from '../../../engine/app/streams/desk.ts'
import type { AccountId } from '../../../engine/core/ids.ts'
import type { StreamListener, StreamOptions } from '../../../engine/core/ports/streams.ts'
import { dials, hangsUp, twoParties } from './two-parties.ts'

const options: StreamOptions = {
  ...{ format: 'L16', rateHz: 16_000, bigEndian: false, speaks: 'mix', bufferMs: 1000 },
  tracks: ['received'],
}

async function scene() {
  const listeners: StreamListener[] = []
  const closed: number[] = []
  const parties = await twoParties({
    media: {
      openStream: async (_id, _options, listener) => {
        const at = listeners.push(listener) - 1
        return {
          speak: () => 'taken',
          mark: () => true,
          clear: () => {},
          bufferedMs: 0,
          lost: 0,
          close: () => closed.push(at),
        }
      },
    },
  })
  const { lab } = parties
  const desk = streamDesk(lab.ports, lab.calls)
  const digits: string[] = []
  let ends = 0
  const listener = {
    audio: () => {},
    marked: () => {},
    digit: (digit: string) => void digits.push(digit),
    ended: () => {
      ends += 1
    },
  }
  const open = (id = parties.caller, account = lab.account.id) =>
    desk.open(account, id, options, listener)
  return { ...parties, desk, open, digits, listeners, closed, ends: () => ends }
}

test('begin and end are in the log of the call', async () => {
  const { lab, caller, open, closed } = await scene()
  const stream = await open()
  lab.clock.advance(700)
  stream.close()
  stream.close()
  await lab.settle()
  const events = await lab.store.events.ofCall(lab.account.id, caller)
  const told = events.filter(({ type }) => type.startsWith('media.stream'))
  expect(told.map(({ type, data }) => [type, data])).toEqual([
    [
      'media.stream-started',
      {
        ...{ streamId: stream.id, format: 'L16', rateHz: 16_000, tracks: ['received'] },
        speaks: 'mix',
      },
    ],
    [
      'media.stream-stopped',
      { streamId: stream.id, reason: 'closed', durationMs: expect.any(Number) },
    ],
  ])
  expect(closed[0]).toBe(0)
})

test('so many at a time, and again when one is over', async () => {
  const { open, listeners, desk, lab, caller } = await scene()
  for (let n = 0; n < mostStreams; n++) await open()
  await expect(open()).rejects.toMatchObject({ code: 'limit_reached' })
  await expect(desk.check(lab.account.id, caller)).rejects.toMatchObject({ code: 'limit_reached' })
  listeners[0]?.ended()
  await open()
})

test('not of another account, of a call that is not answered, or over', async () => {
  const { lab, caller, callee, open } = await scene()
  const other = '00000000-0000-4000-8000-0000000000ff' as AccountId
  await expect(open(caller, other)).rejects.toMatchObject({ code: 'not_found' })
  const ringing = await dials(lab, '1003', '1004')
  await expect(open(ringing)).rejects.toMatchObject({ code: expect.stringMatching(/^call_/) })
  await hangsUp(lab, caller)
  await expect(open(callee)).rejects.toMatchObject({ code: 'call_ended' })
})

test('keys of the phone are told while the stream is there, but no secrets', async () => {
  const { lab, caller, open, digits } = await scene()
  const stream = await open()
  lab.media.digit(caller, '4', 100)
  const show = lab.calls.get(caller)?.digits.hide()
  lab.media.digit(caller, '9', 100)
  show?.()
  lab.media.digit(caller, '5', 100)
  stream.close()
  lab.media.digit(caller, '6', 100)
  expect(digits).toEqual(['4', '5'])
  await stream.sendDigits('12')
  expect(lab.commands).toContain('media.sendDigits c1 12')
})

test('the end of the leg is told to who has the stream', async () => {
  const { lab, caller, listeners, open, ends } = await scene()
  await open()
  await hangsUp(lab, caller)
  listeners[0]?.ended()
  await lab.settle()
  expect(ends()).toBe(1)
  expect((await lab.logOf(caller)).at(-1)).toBe('media.stream-stopped')
})
