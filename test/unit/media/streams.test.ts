/** Streams of a leg's audio: what is told, what is said, marks, what waits, and what is lost. */
import { describe, expect, test } from 'vitest'
import type { StreamFrame, StreamOptions } from '../../../engine/core/ports/streams.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { OpenStream } from '../../../engine/media/stream/open-stream.ts'
import { loud, Scene } from './scene.ts'

const usual: StreamOptions = {
  format: 'L16',
  rateHz: 8000,
  bigEndian: false,
  tracks: ['received'],
  speaks: 'mix',
  bufferMs: 1000,
}

class StreamScene extends Scene {
  readonly on = this.leg()
  readonly frames: StreamFrame[] = []
  readonly marks: string[] = []
  ended = false

  open(options: Partial<StreamOptions> = {}, leg = this.on.leg): OpenStream {
    const listener = {
      audio: (frame: StreamFrame) => this.frames.push(frame),
      marked: (mark: number, cleared: boolean) => {
        this.marks.push(cleared ? `${mark} cleared` : String(mark))
      },
      ended: () => {
        this.ended = true
      },
    }
    const stream = new OpenStream(1, { ...usual, ...options }, listener, () => undefined)
    leg.taps.open(stream.terms)
    return stream
  }

  /** So many ticks in each of which the phone says `value`. */
  talk(count: number, value = 4000): void {
    for (let n = 0; n < count; n++) {
      this.on.port.arrive(loud(value))
      this.tick()
    }
  }

  /** What the phone was sent in the last so many packets. */
  sent(packets: number): Int16Array {
    const decoder = codecKinds.PCMU.newDecoder(8000)
    const out = new Int16Array(packets * 160)
    for (const [n, { payload }] of this.on.port.sent.slice(-packets).entries()) {
      decoder.decode(payload, 0, payload.length, out.subarray(n * 160, n * 160 + 160))
    }
    return out
  }
}

const sine = (hz: number, ms: number, rateHz = 8000, amplitude = 8000): Int16Array =>
  Int16Array.from({ length: (ms * rateHz) / 1000 }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  )
const bytesOf = (pcm: Int16Array): Uint8Array =>
  new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)

describe('what is told', () => {
  test('each 20 ms of what the phone says, numbered', () => {
    const scene = new StreamScene()
    const stream = scene.open()
    scene.talk(50)
    stream.drain()
    expect(scene.frames).toHaveLength(50)
    expect(scene.frames.map(({ sequence }) => sequence)).toEqual([...Array(50).keys()])
    expect(scene.frames.at(-1)).toMatchObject({ track: 'received', atMs: 980 })
    const { payload } = scene.frames.at(-1)!
    expect(payload.length).toBe(320)
    expect(new DataView(payload.buffer).getInt16(100, true)).toBeGreaterThan(3800)
  })

  test.each([
    ['L16', 16_000, 640],
    ['L16', 24_000, 960],
    ['L16', 48_000, 1920],
    ['PCMU', 8000, 160],
  ] as const)('%s at %i Hz: %i bytes a frame', (format, rateHz, bytes) => {
    const scene = new StreamScene()
    const stream = scene.open({ format, rateHz })
    scene.talk(10)
    stream.drain()
    expect(new Set(scene.frames.map(({ payload }) => payload.length))).toEqual(new Set([bytes]))
  })

  test('big-endian when that is wished', () => {
    const scene = new StreamScene()
    const stream = scene.open({ bigEndian: true })
    scene.talk(40)
    stream.drain()
    const { payload } = scene.frames.at(-1)!
    expect(new DataView(payload.buffer).getInt16(100, false)).toBeGreaterThan(3800)
  })

  test('both sides, each for itself and together', () => {
    const scene = new StreamScene()
    const stream = scene.open({ tracks: ['received', 'sent', 'mixed'] })
    for (let n = 0; n < 20; n++) stream.speak(bytesOf(new Int16Array(160).fill(1000)))
    scene.talk(20, 2000)
    stream.drain()
    const middle = scene.frames.slice(-6, -3)
    expect(middle.map(({ track }) => track)).toEqual(['received', 'sent', 'mixed'])
    expect(new Set(middle.map(({ sequence }) => sequence)).size).toBe(1)
    const levels = middle.map(({ payload }) => new DataView(payload.buffer).getInt16(200, true))
    expect(levels[0]).toBeGreaterThan(1900)
    expect(levels[1]).toBe(1000)
    expect(levels[2]).toBe(levels[0]! + 1000)
  })

  test('Opus can be decoded to what was said', () => {
    const scene = new StreamScene()
    const stream = scene.open({ format: 'opus', rateHz: 48_000, tracks: ['sent'] })
    scene.tick(5)
    stream.drain()
    expect(scene.frames).toHaveLength(5)
    const decoder = codecKinds.opus.newDecoder(48_000)
    const pcm = new Int16Array(960)
    for (const { payload } of scene.frames) {
      expect(decoder.decode(payload, 0, payload.length, pcm)).toBe(960)
    }
    decoder.close()
  })

  test('who fetches nothing loses the newest, and sees it by the numbers', () => {
    const scene = new StreamScene()
    const stream = scene.open()
    scene.talk(700)
    expect(stream.lost).toBeGreaterThan(100)
    stream.drain()
    scene.talk(1)
    stream.drain()
    const numbers = scene.frames.map(({ sequence }) => sequence)
    expect(numbers.at(-1)).toBe(700)
    expect(numbers.length + stream.lost).toBe(701)
  })
})

describe('what is said', () => {
  test('reaches the phone at the level and frequency at which it was said', () => {
    const scene = new StreamScene()
    const stream = scene.open()
    expect(stream.speak(bytesOf(sine(1000, 1000)))).toBe('taken')
    expect(stream.bufferedMs).toBe(1000)
    scene.tick(40)
    expect(stream.bufferedMs).toBe(200)
    const heard = scene.sent(20)
    expect(toneDbfs(heard, 1000)).toBeCloseTo(20 * Math.log10(8000 / 32767), 0)
    scene.tick(40)
    expect(toneDbfs(scene.sent(10), 1000)).toBeLessThan(-60)
  })

  test.each([16_000, 24_000, 48_000] as const)('at %i Hz as well', (rateHz) => {
    const scene = new StreamScene()
    const stream = scene.open({ rateHz })
    stream.speak(bytesOf(sine(1000, 1000, rateHz)))
    scene.tick(40)
    expect(toneDbfs(scene.sent(20), 1000)).toBeCloseTo(20 * Math.log10(8000 / 32767), 0)
  })

  test('audio of any length, the rest of which a mark fills up', () => {
    const scene = new StreamScene()
    const stream = scene.open()
    const audio = bytesOf(sine(500, 330))
    for (let at = 0; at < audio.length; at += 77) stream.speak(audio.subarray(at, at + 77))
    expect(stream.bufferedMs).toBe(320)
    stream.mark(7)
    expect(stream.bufferedMs).toBe(340)
    scene.tick(17)
    stream.drain()
    expect(scene.marks).toEqual([])
    scene.tick(1)
    stream.drain()
    expect(scene.marks).toEqual(['7'])
  })

  test('in place of a sound, which goes on unheard, or with it', async () => {
    for (const speaks of ['replace', 'mix'] as const) {
      const scene = new StreamScene()
      const stream = scene.open({ speaks })
      void scene.on.leg.play({ kind: 'tone', tone: 'ringback' })
      await Promise.resolve()
      scene.tick(10)
      stream.speak(bytesOf(sine(1500, 800)))
      scene.tick(30)
      const heard = scene.sent(20)
      expect(toneDbfs(heard, 1500)).toBeGreaterThan(-15)
      if (speaks === 'replace') expect(toneDbfs(heard, 440)).toBeLessThan(-50)
      else expect(toneDbfs(heard, 440)).toBeGreaterThan(-30)
      scene.tick(30)
      expect(toneDbfs(scene.sent(10), 440)).toBeGreaterThan(-30)
    }
  })

  test('over a conversation that is relayed, for both sides to go on with', () => {
    const scene = new StreamScene()
    const other = scene.leg()
    const stream = scene.open({ tracks: ['sent'] })
    scene.on.leg.bridge(other.leg)
    for (let n = 0; n < 60; n++) {
      if (n === 20) stream.speak(bytesOf(sine(1500, 400)))
      other.port.arrive(loud(1000))
      scene.tick()
    }
    stream.drain()
    const sequences = scene.on.port.sent.map(({ sequence }) => sequence)
    expect(new Set(sequences).size).toBe(sequences.length)
    const said = scene.frames.map(({ payload }) => new Int16Array(payload.slice().buffer))
    const during = Int16Array.from(said.slice(26, 36).flatMap((frame) => [...frame]))
    const after = Int16Array.from(said.slice(48, 58).flatMap((frame) => [...frame]))
    expect(toneDbfs(during, 1500)).toBeGreaterThan(-14)
    expect(toneDbfs(after, 1500)).toBeLessThan(-60)
    expect(Math.min(...after)).toBeGreaterThan(900)
  })

  test('is cleared at once, with the marks that waited', () => {
    const scene = new StreamScene()
    const stream = scene.open()
    stream.speak(bytesOf(sine(1000, 800)))
    stream.mark(1)
    scene.tick(10)
    stream.clear()
    expect(stream.bufferedMs).toBe(0)
    stream.speak(bytesOf(sine(600, 200)))
    stream.mark(2)
    scene.tick(5)
    stream.drain()
    expect(scene.marks).toEqual(['1 cleared'])
    expect(toneDbfs(scene.sent(3), 600)).toBeGreaterThan(-20)
    scene.tick(20)
    stream.drain()
    expect(scene.marks).toEqual(['1 cleared', '2'])
  })

  test('waits no longer than agreed: what is more is refused whole', () => {
    const scene = new StreamScene()
    const stream = scene.open({ bufferMs: 500 })
    expect(stream.speak(bytesOf(sine(1000, 400)))).toBe('taken')
    expect(stream.speak(bytesOf(sine(1000, 200)))).toBe('full')
    expect(stream.bufferedMs).toBe(400)
    scene.tick(10)
    expect(stream.speak(bytesOf(sine(1000, 200)))).toBe('taken')
  })

  test('Opus: packets of 20 ms, and nothing else', () => {
    const scene = new StreamScene()
    const stream = scene.open({ format: 'opus', rateHz: 48_000 })
    const encoder = codecKinds.opus.newEncoder(48_000)
    const packet = new Uint8Array(1275)
    const pcm = sine(1000, 20, 48_000)
    for (let n = 0; n < 30; n++) {
      const bytes = encoder.encode(pcm, packet, 0)
      expect(stream.speak(packet.subarray(0, bytes))).toBe('taken')
    }
    encoder.close()
    expect(stream.speak(new Uint8Array(0))).toBe('malformed')
    expect(stream.speak(Uint8Array.of(0x18 | 3, 0x3f, 1, 2))).toBe('malformed')
    scene.tick(25)
    expect(toneDbfs(scene.sent(10), 1000)).toBeGreaterThan(-16)
  })

  test('goes on in another thread where it was', () => {
    const scene = new StreamScene()
    const stream = scene.open()
    stream.speak(bytesOf(sine(1000, 1000)))
    scene.talk(20)
    const state = scene.on.leg.pack()
    const other = scene.leg()
    other.leg.goOn(state)
    scene.legs.splice(0, 1)
    scene.tick(20)
    stream.drain()
    expect(stream.bufferedMs).toBe(200)
    expect(scene.frames.map(({ sequence }) => sequence)).toEqual([...Array(40).keys()])
  })

  test('a stream that only listens says nothing', () => {
    const scene = new StreamScene()
    const stream = scene.open({ speaks: 'never' })
    expect(stream.speak(bytesOf(sine(1000, 100)))).toBe('taken')
    scene.tick(10)
    expect(toneDbfs(scene.sent(5), 1000)).toBeLessThan(-60)
  })
})

test('the end of its leg is told once', () => {
  const scene = new StreamScene()
  const stream = scene.open()
  stream.end()
  expect(scene.ended).toBe(true)
  scene.ended = false
  stream.end()
  stream.close()
  expect(scene.ended).toBe(false)
})

test('an answering person is told from what the phone says', async () => {
  const scene = new StreamScene()
  const found = scene.on.leg.taps.detect({
    until: 'known',
    timeoutMs: 30_000,
    speechThresholdMs: 2400,
    speechEndThresholdMs: 1200,
    silenceTimeoutMs: 5000,
    messageEndSilenceMs: 2000,
  })
  const quiet = new Uint8Array(160).fill(0xff)
  for (let n = 0; n < 150; n++) {
    scene.on.port.arrive(n < 10 || n > 40 ? quiet : loud(n % 2 === 0 ? 6000 : -3000))
    scene.tick()
  }
  expect(await found).toMatchObject({ answerer: 'human' })
})
