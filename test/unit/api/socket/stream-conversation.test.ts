/** What is said about one stream of a call's audio, without sockets: control, what waits, what is dropped and refused. */
import { beforeEach, describe, expect, test } from 'vitest'
import { callIn, readWish } from '../../../../engine/api/socket/media/stream-query.ts'
import {
  backlogMs,
  mostRefused,
  StreamConversation,
  type StreamWire,
  streamCloseCodes,
} from '../../../../engine/app/streams/conversation.ts'
import { FakeStreams } from '../fake-streams.ts'

const id = '11111111-2222-4333-8444-555555555555'

class FakeWire implements StreamWire {
  readonly told: unknown[] = []
  readonly audio: Uint8Array[] = []
  closed: number | undefined
  bufferedBytes = 0
  sendAudio(message: Uint8Array): void {
    this.audio.push(message)
  }
  tell(message: object): void {
    this.told.push(message)
  }
  close(code: number): void {
    this.closed = code
  }
}

let wire: FakeWire
let streams: FakeStreams
let talk: StreamConversation
const begin = (query = '') => {
  wire = new FakeWire()
  streams = new FakeStreams(async () => undefined)
  talk = new StreamConversation(wire, readWish(id, `/v1/voice/calls/${id}/media?${query}`))
  talk.begin(streams.stream())
  wire.told.length = 0
}
beforeEach(() => begin())
const read = (message: unknown) =>
  talk.read(typeof message === 'string' ? message : JSON.stringify(message))
const frame = (sequence: number) => ({
  ...{ track: 'received' as const, sequence, atMs: sequence * 20 },
  payload: Uint8Array.of(sequence & 0xff),
})

describe('the address', () => {
  const path = '/v1/voice/calls/:call_id/media'
  test.each([
    [`/v1/voice/calls/${id}/media?tracks=both`, id],
    [`/v1/voice/calls/x/media`, 'x'],
    [`/v1/voice/calls//media`, undefined],
    [`/v1/voice/calls/a/b/media`, undefined],
    [`/v1/voice/calls/${id}`, undefined],
  ])('%s', (url, found) => {
    expect(callIn(path, url)).toBe(found)
  })

  test('without parameters: little-endian L16 of 16 kHz, what the phone says, spoken into what it hears', () => {
    expect(readWish(id, '/x')).toEqual({
      callId: id,
      hasHeads: true,
      options: {
        ...{ format: 'L16', rateHz: 16_000, bigEndian: false, speaks: 'mix', bufferMs: 10_000 },
        tracks: ['received'],
      },
    })
  })

  test.each([
    ['format=MP3', 'format'],
    ['rate=11025', 'rate'],
    ['format=PCMU&rate=16000', 'rate'],
    ['tracks=left', 'tracks'],
    ['framing=raw&tracks=both', 'framing'],
    ['buffer_ms=0', 'buffer_ms'],
    ['buffer_ms=1.5', 'buffer_ms'],
    ['speed=2', 'speed'],
  ])('%s is refused', (query, field) => {
    expect(() => readWish(id, `/x?${query}`)).toThrow(expect.objectContaining({ field }))
  })

  test('what is no id is no call', () => {
    expect(() => readWish('x', '/x')).toThrow(expect.objectContaining({ code: 'not_found' }))
  })
})

describe('audio to the client', () => {
  test('has a head with track, number and time', () => {
    talk.audio({ track: 'sent', sequence: 258, atMs: 5160, payload: Uint8Array.of(7, 8) })
    expect([...wire.audio[0]!]).toEqual([1, 1, 0, 0, 0, 0, 1, 2, 0, 0, 0x14, 0x28, 7, 8])
  })

  test('or none', () => {
    begin('framing=raw')
    talk.audio(frame(9))
    expect([...wire.audio[0]!]).toEqual([9])
  })

  test('waits for a client who is slow; then the oldest goes, and he is told how much', () => {
    wire.bufferedBytes = 1e6
    const most = backlogMs / 20
    for (let n = 0; n < most + 30; n++) talk.audio(frame(n))
    expect(wire.audio).toEqual([])
    wire.bufferedBytes = 0
    talk.drained()
    expect(wire.told).toEqual([{ event: 'dropped', frames: 30, total: 30 }])
    expect(wire.audio).toHaveLength(most)
    expect(wire.audio[0]!.at(-1)).toBe(30)
    talk.audio(frame(200))
    expect(wire.told).toHaveLength(1)
  })

  test('that was lost before it came here is told too', () => {
    streams.lost = 5
    talk.look()
    talk.audio(frame(1))
    expect(wire.told).toEqual([{ event: 'dropped', frames: 5, total: 5 }])
  })
})

describe('audio from the client', () => {
  test('is refused when too much waits, and who does not listen is let go', () => {
    streams.spoken = 'full'
    streams.bufferedMs = 9990
    talk.hear(new Uint8Array(640))
    expect(wire.told).toEqual([{ event: 'refused', buffered_ms: 9990, buffer_ms: 10_000 }])
    for (let n = 2; n < mostRefused; n++) talk.hear(new Uint8Array(640))
    expect(wire.closed).toBeUndefined()
    talk.hear(new Uint8Array(640))
    expect(wire.closed).toBe(streamCloseCodes.tooMuch)
    expect(streams.asked.at(-1)).toEqual(['close'])
  })

  test('one that is taken in between forgives', () => {
    streams.spoken = 'full'
    for (let n = 1; n < mostRefused; n++) talk.hear(new Uint8Array(640))
    streams.spoken = 'taken'
    talk.hear(new Uint8Array(640))
    streams.spoken = 'full'
    talk.hear(new Uint8Array(640))
    expect(wire.closed).toBeUndefined()
  })

  test('that is no packet, or to a stream that only listens, is an error', () => {
    streams.spoken = 'malformed'
    talk.hear(new Uint8Array(3))
    begin('speak=never')
    const { told } = wire
    talk.hear(new Uint8Array(3))
    expect(told).toEqual([expect.objectContaining({ event: 'error', code: 'forbidden' })])
    expect(streams.asked).toEqual([])
  })

  test('tells its levels as they change: much, little, nothing', () => {
    for (const ms of [100, 7000, 7600, 5000, 9000, 2000, 2600, 0]) {
      streams.bufferedMs = ms
      talk.look()
    }
    expect(wire.told.map((one) => (one as { level: string }).level)).toEqual([
      'high',
      'low',
      'empty',
    ])
  })
})

describe('control', () => {
  test('marks come back by their names, played or cleared', async () => {
    await read({ event: 'mark', name: 'greeting' })
    await read({ event: 'mark', name: 'question' })
    talk.marked(1, false)
    talk.marked(2, true)
    talk.marked(2, true)
    expect(wire.told).toEqual([
      { event: 'mark', name: 'greeting' },
      { event: 'mark', name: 'question', cleared: true },
    ])
  })

  test('clear, dtmf, buffer', async () => {
    streams.bufferedMs = 460
    await read({ event: 'clear' })
    await read({ event: 'dtmf', digits: '12#' })
    await read({ event: 'buffer' })
    expect(streams.asked).toEqual([['clear'], ['sendDigits', '12#']])
    expect(wire.told).toEqual([
      { event: 'cleared', cleared_ms: 460 },
      { event: 'buffer', level: 'low', buffered_ms: 460, buffer_ms: 10_000 },
    ])
    talk.digit('5')
    expect(wire.told.at(-1)).toEqual({ event: 'dtmf', digit: '5' })
  })

  test('keys to a phone that is slow do not pile up', async () => {
    const slow = Promise.withResolvers<void>()
    talk = new StreamConversation(wire, readWish(id, '/x'))
    talk.begin({ ...streams.stream(), sendDigits: () => slow.promise })
    wire.told.length = 0
    const pressed = Array.from({ length: 9 }, () => read({ event: 'dtmf', digits: '1' }))
    await pressed.at(-1)
    expect(wire.told).toMatchObject([{ event: 'error', code: 'limit_reached', field: 'digits' }])
    slow.resolve()
    await Promise.all(pressed)
    await read({ event: 'dtmf', digits: '2' })
    expect(wire.told).toHaveLength(1)
  })

  test('stop ends the stream and not the call', async () => {
    await read({ event: 'stop' })
    expect(wire.told).toEqual([{ event: 'stop', reason: 'client' }])
    expect(wire.closed).toBe(1000)
    expect(streams.asked).toEqual([['close']])
    talk.audio(frame(1))
    expect(wire.audio).toEqual([])
  })

  test('the end of the call closes with a code of its own', () => {
    talk.ended()
    expect(wire.told).toEqual([{ event: 'stop', reason: 'call_over' }])
    expect(wire.closed).toBe(4410)
  })

  test.each([
    ['{', 'invalid_json', undefined],
    ['[]', 'invalid_request', undefined],
    [{}, 'missing_parameter', 'event'],
    [{ event: 'jump' }, 'invalid_request', 'event'],
    [{ event: 'toString' }, 'invalid_request', 'event'],
    [{ event: 'mark' }, 'missing_parameter', 'name'],
    [{ event: 'mark', name: 7 }, 'invalid_request', 'name'],
    [{ event: 'mark', name: 'x'.repeat(201) }, 'invalid_request', 'name'],
    [{ event: 'clear', now: true }, 'unknown_parameter', 'now'],
  ])('%j is an error, and the stream goes on', async (message, code, field) => {
    await read(message)
    expect(wire.told).toEqual([
      expect.objectContaining({ event: 'error', code, ...(field && { field }) }),
    ])
    expect(wire.closed).toBeUndefined()
  })

  test('too many marks are refused', async () => {
    streams.takesMarks = false
    await read({ event: 'mark', name: 'x' })
    expect(wire.told).toEqual([expect.objectContaining({ code: 'limit_reached', field: 'name' })])
  })
})
