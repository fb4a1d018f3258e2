import { describe, expect, test } from 'vitest'
import { Tape } from '../../../engine/media/leg/tape.ts'
import type { FakePort, Sent } from './fake-port.ts'
import { agreement, loud, Scene } from './scene.ts'

/** Every packet one further than the one before, in sequence; audio 160 samples further in time. */
function expectUnbroken(sent: readonly Sent[]): void {
  for (let i = 1; i < sent.length; i++) {
    expect((sent[i]!.sequence - sent[i - 1]!.sequence) & 0xffff).toBe(1)
    expect(sent[i]!.ssrc).toBe(sent[0]!.ssrc)
    const step = (sent[i]!.timestamp - sent[i - 1]!.timestamp) | 0
    expect(step).toBeGreaterThan(0)
    expect(step % 160).toBe(0)
    expect(step).toBeLessThanOrEqual(480)
  }
}

describe('what a leg sends by itself', () => {
  test('silence each tick, the first packet marked', () => {
    const scene = new Scene()
    const { port } = scene.leg()
    scene.tick(5)
    expect(port.sent).toHaveLength(5)
    expect(port.sent.map((packet) => packet.marker)).toEqual([true, false, false, false, false])
    expect(port.sent.every((packet) => packet.payload.every((byte) => byte === 0xff))).toBe(true)
    expectUnbroken(port.sent)
  })

  test('nothing before SDP was agreed, and nothing while the peer does not want to hear', () => {
    const scene = new Scene()
    const { leg, port } = scene.leg({ send: false })
    scene.tick(3)
    expect(port.sent).toEqual([])
    leg.agree(agreement(), undefined)
    scene.tick(2)
    expect(port.sent).toHaveLength(2)
  })

  test('after time without sending the timestamp has kept step', () => {
    const scene = new Scene()
    const { leg, port } = scene.leg()
    scene.tick(2)
    leg.agree(agreement({ send: false }), undefined)
    scene.tick(10)
    leg.agree(agreement(), undefined)
    scene.tick(1)
    const [, before, after] = port.sent
    expect((after!.timestamp - before!.timestamp) | 0).toBe(11 * 160)
    expect((after!.sequence - before!.sequence) & 0xffff).toBe(1)
  })

  test('a sound, marked at its beginning, and its end told', async () => {
    const scene = new Scene()
    const { leg, port } = scene.leg()
    scene.tick(3)
    const over = leg.play({ kind: 'tone', tone: 'beep' })
    await Promise.resolve()
    scene.tick(25)
    expect(await over).toBe('finished')
    const spoken = port.sent.filter((packet) => packet.payload.some((byte) => byte !== 0xff))
    // 400 ms, and 5 more that lead from where it broke off back to silence.
    expect(spoken).toHaveLength(21)
    expect(port.sent.filter((packet) => packet.marker)).toHaveLength(2)
    expectUnbroken(port.sent)
  })

  test('a newer sound stops the one before', async () => {
    const scene = new Scene()
    const { leg } = scene.leg()
    const first = leg.play({ kind: 'tone', tone: 'ringback' })
    const second = leg.play({ kind: 'silence', durationMs: 40 })
    expect(await first).toBe('stopped')
    await Promise.resolve()
    scene.tick(3)
    expect(await second).toBe('finished')
  })

  test('stop, and close, end a sound with their own word', async () => {
    const scene = new Scene()
    const { leg } = scene.leg()
    const first = leg.play({ kind: 'tone', tone: 'busy' })
    leg.stop()
    expect(await first).toBe('stopped')
    const second = leg.play({ kind: 'tone', tone: 'busy' })
    await leg.close()
    expect(await second).toBe('legClosed')
  })

  test('a sound that is no file is refused', async () => {
    const { leg } = new Scene().leg()
    await expect(leg.play({ kind: 'wav', path: '/nowhere/at/all.wav' })).rejects.toMatchObject({
      code: 'invalid_audio',
    })
  })
})

describe('keys', () => {
  test('events: one timestamp a key, marker first, three ends, silence between', async () => {
    const scene = new Scene()
    const { leg, port } = scene.leg()
    scene.tick(1)
    const done = leg.sendDigits('9')
    scene.tick(12)
    await done
    const events = port.sent.filter((packet) => packet.payloadType === 101)
    expect(events.map((packet) => packet.marker)).toEqual([true, ...Array(6).fill(false)])
    expect(new Set(events.map((packet) => packet.timestamp)).size).toBe(1)
    expect(events.filter((packet) => packet.payload[1]! & 0x80)).toHaveLength(3)
    const audio = port.sent.filter((packet) => packet.payloadType === 0)
    expect((audio.at(-1)!.timestamp - audio[0]!.timestamp) | 0).toBe(12 * 160)
  })

  test('tones for a peer without events', async () => {
    const scene = new Scene()
    const { leg, port } = scene.leg({ telephoneEvent: null })
    const done = leg.sendDigits('12')
    scene.tick(21)
    await done
    expect(port.sent.every((packet) => packet.payloadType === 0)).toBe(true)
    const spoken = port.sent.filter((packet) => packet.payload.some((byte) => byte !== 0xff))
    expect(spoken).toHaveLength(10)
  })

  test.each(['', 'x', '1 2', '1'.repeat(257)])('%j is refused', (digits) => {
    const { leg } = new Scene().leg()
    expect(() => leg.sendDigits(digits)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    )
  })

  test('on hold keys take their time, unsent, and who waits is told', async () => {
    const scene = new Scene()
    const { leg, port } = scene.leg({ send: false })
    const done = leg.sendDigits('1')
    scene.tick(11)
    await done
    expect(port.sent).toEqual([])
  })
})

describe('a bridge', () => {
  const talk = (scene: Scene, port: FakePort, payload: Uint8Array, ticks: number): void => {
    for (let n = 0; n < ticks; n++) {
      port.arrive(payload)
      scene.tick()
    }
  }

  test('relays at once, not on the tick, and byte for byte', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    scene.tick(3)
    a.leg.bridge(b.leg)
    const before = b.port.sent.length
    const payload = Uint8Array.from({ length: 160 }, (_, i) => i)
    a.port.arrive(payload)
    expect(b.port.sent).toHaveLength(before + 1)
    expect(b.port.sent.at(-1)).toMatchObject({ marker: true, payload })
    talk(scene, a.port, payload, 20)
    expect(b.port.sent).toHaveLength(before + 21)
    expectUnbroken(b.port.sent)
  })

  test('loss and reordering stay as they are, for the phone to conceal', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    const payload = loud(1000)
    a.port.arrive(payload)
    const first = b.port.sent.at(-1)!
    a.port.sequence += 2
    a.port.timestamp += 320
    a.port.arrive(payload)
    a.port.sequence -= 2
    a.port.timestamp -= 320
    a.port.arrive(payload)
    expect(b.port.sent.map((p) => (p.sequence - first.sequence) & 0xffff)).toEqual([0, 3, 2])
    expect(b.port.sent.map((p) => (p.timestamp - first.timestamp) | 0)).toEqual([0, 480, 320])
  })

  test.each([
    ['another codec', { codec: 'PCMA', payloadType: 8 }],
    ['another packet time', { ptimeMs: 30 }],
  ] as const)('decodes for %s', (_name, change) => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg(change)]
    a.leg.bridge(b.leg)
    a.port.arrive(loud(8000))
    expect(b.port.sent).toEqual([])
    talk(scene, a.port, loud(8000), 10)
    const codec = 'codec' in change ? 'PCMA' : 'PCMU'
    // What mu-law makes of 8000.
    expect(b.port.sent.at(-1)!.payload).toEqual(loud(7932, codec))
    expectUnbroken(b.port.sent)
  })

  test('decodes from the moment on that the peer changes the length of its packets', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    talk(scene, a.port, loud(8000), 5)
    for (let n = 0; n < 8; n++) {
      a.port.arrive(loud(8000, 'PCMU', 320))
      scene.tick(2)
    }
    expect(b.port.sent.every((packet) => packet.payload.length === 160)).toBe(true)
    expect(b.port.sent.at(-1)!.payload).toEqual(loud(8000))
    expectUnbroken(b.port.sent)
  })

  test('a sound to one side takes over and gives back without a jump', async () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    talk(scene, a.port, loud(8000), 5)
    const over = b.leg.play({ kind: 'tone', tone: 'beep' })
    await Promise.resolve()
    talk(scene, a.port, loud(8000), 22)
    expect(await over).toBe('finished')
    talk(scene, a.port, loud(8000), 5)
    expect(b.port.sent.at(-1)!.payload).toEqual(loud(8000))
    expectUnbroken(b.port.sent)
  })

  test('a new SSRC on one side is no new SSRC on the other', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    talk(scene, a.port, loud(8000), 5)
    Object.assign(a.port, { ssrc: 999, sequence: 40_000, timestamp: 3_000_000_000 })
    talk(scene, a.port, loud(8000), 5)
    expectUnbroken(b.port.sent)
    expect(b.port.sent[5]!.marker).toBe(true)
  })

  test('a side that falls silent is replaced by silence, and taken up again', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    talk(scene, a.port, loud(8000), 5)
    scene.tick(20)
    const silent = b.port.sent.filter((packet) => packet.payload.every((byte) => byte === 0xff))
    expect(silent.length).toBeGreaterThanOrEqual(9)
    a.port.timestamp += 20 * 160
    talk(scene, a.port, loud(8000), 5)
    expect(b.port.sent.at(-1)!.payload).toEqual(loud(8000))
    for (let i = 1; i < b.port.sent.length; i++) {
      expect((b.port.sent[i]!.sequence - b.port.sent[i - 1]!.sequence) & 0xffff).toBe(1)
    }
  })

  test.each([
    ['relayed', {}],
    [
      'decoded',
      {
        codec: 'PCMA',
        payloadType: 8,
        telephoneEvent: { payloadType: 99, rateHz: 8000 },
      },
    ],
  ] as const)('a key on one side is told once and sent to the other (%s)', (_name, change) => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg(change)]
    a.leg.bridge(b.leg)
    talk(scene, a.port, loud(8000), 3)
    for (let n = 0; n < 8; n++) {
      const end = n >= 5 ? 0x80 : 0
      const duration = Math.min(n + 1, 5) * 160
      const { timestamp } = a.port
      a.port.arrive(Uint8Array.of(4, end, duration >> 8, duration & 0xff), 101, n === 0)
      a.port.timestamp = timestamp
      scene.tick()
    }
    a.port.timestamp += 8 * 160
    talk(scene, a.port, loud(8000), 12)
    expect(scene.digits).toEqual(['4'])
    const eventType = 'telephoneEvent' in change ? 99 : 101
    const events = b.port.sent.filter((packet) => packet.payloadType === eventType)
    expect(new Set(events.map((packet) => packet.timestamp)).size).toBe(1)
    expect(events.map((packet) => packet.payload[0])).toEqual(events.map(() => 4))
    expect(events.filter((packet) => packet.payload[1]! & 0x80)).toHaveLength(3)
    for (let i = 1; i < b.port.sent.length; i++) {
      expect((b.port.sent[i]!.sequence - b.port.sent[i - 1]!.sequence) & 0xffff).toBe(1)
    }
  })

  test('ends on both sides', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    b.leg.unbridge()
    a.port.arrive(loud(8000))
    expect(b.port.sent).toEqual([])
  })

  test('a third leg takes one over; the one left behind hears silence', () => {
    const scene = new Scene()
    const [a, b, c] = [scene.leg(), scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    b.leg.bridge(c.leg)
    b.port.arrive(loud(8000))
    expect(a.port.sent).toEqual([])
    expect(c.port.sent).toHaveLength(1)
  })

  test('does not relay to a side on hold, nor what a side on hold sends', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg({ send: false, receive: false })]
    a.leg.bridge(b.leg)
    talk(scene, a.port, loud(8000), 5)
    expect(b.port.sent).toEqual([])
    talk(scene, b.port, loud(8000), 5)
    expect(a.port.sent.every((packet) => packet.payload.every((byte) => byte === 0xff))).toBe(true)
  })
})

describe('recording', () => {
  class Notes {
    readonly left: number[] = []
    readonly right: number[] = []
    write(left: Int16Array, right: Int16Array, samples: number): void {
      this.left.push(left[samples - 1]!)
      this.right.push(right[samples - 1]!)
    }
    async close() {
      return { path: '', durationMs: 0, bytes: 0, failure: null }
    }
  }

  test('while packets are relayed both channels are filled, and nothing changes on the wire', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    const tape = new Notes()
    a.leg.taps.record(new Tape(tape, 'receivedLeft'))
    for (let n = 0; n < 20; n++) {
      a.port.arrive(loud(8000))
      b.port.arrive(loud(-4000))
      scene.tick()
    }
    expect(tape.left.at(-1)).toBeCloseTo(8000, -3)
    expect(tape.right.at(-1)).toBeCloseTo(-4000, -3)
    expect(b.port.sent.at(-1)!.payload).toEqual(loud(8000))
    expectUnbroken(b.port.sent)
  })

  test('sentLeft swaps the channels; a prompt is on the sent one', async () => {
    const scene = new Scene()
    const { leg, port } = scene.leg()
    const tape = new Notes()
    leg.taps.record(new Tape(tape, 'sentLeft'))
    void leg.play({ kind: 'tone', tone: 'busy' })
    await Promise.resolve()
    for (let n = 0; n < 10; n++) {
      port.arrive(loud(8000))
      scene.tick()
    }
    expect(tape.right.at(-1)).toBeCloseTo(8000, -3)
    expect(Math.max(...tape.left)).toBeGreaterThan(100)
    expect(Math.max(...tape.left)).toBeLessThan(7000)
  })

  test('time left out is silence of the same length', () => {
    const scene = new Scene()
    const { leg } = scene.leg()
    const tape = new Notes()
    leg.taps.record(new Tape(tape, 'receivedLeft'))
    scene.tick(3)
    leg.taps.skip(7 + 6)
    expect(tape.left).toHaveLength(10)
  })
})

test('garbage instead of RTP does no harm', () => {
  const scene = new Scene()
  const { leg, port } = scene.leg()
  for (let length = 0; length < 40; length++) {
    port.onPacket(new Uint8Array(length).fill(0xff), length)
    port.onPacket(new Uint8Array(length), length)
  }
  port.arrive(new Uint8Array(0))
  port.arrive(new Uint8Array(1400))
  port.arrive(new Uint8Array(160), 55)
  port.arrive(new Uint8Array(3), 101)
  scene.tick(3)
  expect(port.sent).toHaveLength(3)
  // 80 that are no RTP, and one of payload type 55.
  expect(leg.packetsRefused).toBe(81)
})

test('packets of a payload type that we do not know are not missed as lost ones', () => {
  const scene = new Scene()
  const { leg, port } = scene.leg()
  for (let n = 0; n < 30; n++) {
    port.arrive(loud(1000))
    port.arrive(new Uint8Array(1), 13)
    port.timestamp -= 1
    scene.tick()
  }
  expect(leg.statistics()).toMatchObject({ packetsReceived: 60, packetsLost: 0 })
})
