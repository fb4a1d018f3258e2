import { expect, test } from 'vitest'
import { toneAmplitude } from '../../../engine/dsp/goertzel.ts'
import { ToneGenerator } from '../../../engine/dsp/tone-generator.ts'
import { dtmfFrequencies, dtmfTone } from '../../../engine/dsp/tones.ts'
import { KeyMask } from '../../../engine/media/leg/key-mask.ts'
import { channelsOf, Tape } from '../../../engine/media/leg/tape.ts'
import { loud, Scene } from './scene.ts'

/** A file in memory. */
function paper() {
  const left: number[] = []
  const right: number[] = []
  const closed = { path: '', durationMs: 0, bytes: 0, failure: null }
  return {
    left,
    right,
    write: (a: Int16Array, b: Int16Array, samples: number) => {
      left.push(...a.subarray(0, samples))
      right.push(...b.subarray(0, samples))
    },
    close: async () => closed,
  }
}

/** A second of a quiet voice, with keys of 80 ms each from its middle on. */
function voiceAndKeys(keys: string): Int16Array {
  const pcm = Int16Array.from({ length: 8000 }, (_, i) => 1500 * Math.sin(i * 0.7))
  const tones = new ToneGenerator(dtmfTone(keys, 80, 70), 8000)
  const frame = new Int16Array(160)
  for (let at = 4000; tones.next(frame.fill(0), 0, 160) > 0; at += 160) pcm.set(frame, at)
  return pcm
}

/** Goes through in frames. */
function through(
  mask: KeyMask,
  left: Int16Array,
  right: Int16Array = new Int16Array(left.length),
): void {
  for (let at = 0; at + 160 <= left.length; at += 160) {
    mask.write(left.subarray(at, at + 160), right.subarray(at, at + 160))
  }
}

const loudestTone = (pcm: readonly number[], key: string): number => {
  const samples = Int16Array.from(pcm)
  const [low = 0] = dtmfFrequencies(key) ?? []
  let most = 0
  for (let at = 0; at + 40 <= samples.length; at += 40)
    most = Math.max(most, toneAmplitude(samples, at, 40, low))
  return most
}

test.each(['left', 'right'] as const)(
  'keys that are heard (%s) are silence, from their beginning',
  async (side) => {
    const sound = voiceAndKeys('5')
    const bare = paper()
    const mask = new KeyMask(bare, 8000)
    const other = new Int16Array(sound.length).fill(900)
    through(mask, side === 'left' ? sound : other, side === 'left' ? other : sound)
    await mask.close()
    // The voice is in the way of that measure before and after the key.
    expect(loudestTone([...sound.subarray(4000, 4640)], '5')).toBeGreaterThan(3000)
    expect(loudestTone(bare[side].slice(4000, 4640), '5')).toBe(0)
    expect(bare.left).toHaveLength(8000)
    const [span, ...more] = mask.spans
    expect(more).toEqual([])
    expect(span).toMatchObject({ kind: 'masked' })
    expect(span!.startMs).toBeGreaterThan(350)
    expect(span!.startMs).toBeLessThanOrEqual(500)
    expect(span!.endMs).toBeGreaterThanOrEqual(580)
    expect(span!.endMs).toBeLessThan(700)
    // Both channels are silent just there.
    for (const pcm of [bare.left, bare.right]) {
      expect(pcm.slice(span!.startMs * 8, span!.endMs * 8).every((sample) => sample === 0)).toBe(
        true,
      )
      expect(pcm.slice(0, span!.startMs * 8 - 8).some((sample) => sample !== 0)).toBe(true)
      expect(pcm.slice(span!.endMs * 8 + 160).some((sample) => sample !== 0)).toBe(true)
    }
  },
)

test('without keys all goes through as it is', async () => {
  const sound = Int16Array.from({ length: 8000 }, (_, i) => 1500 * Math.sin(i * 0.7))
  const bare = paper()
  const mask = new KeyMask(bare, 8000)
  through(mask, sound)
  await mask.close()
  expect([bare.left, mask.spans]).toEqual([[...sound], []])
})

test('another thread goes on with it', async () => {
  const [first, second] = [paper(), paper()]
  const one = new KeyMask(first, 8000)
  through(one, voiceAndKeys('5'))
  await one.close(true)
  const { state } = one
  expect(state.frames).toBe(50)
  const other = new KeyMask(second, 8000, state)
  through(other, voiceAndKeys('7'))
  await other.close()
  const [a, b] = other.spans
  expect(b!.startMs - a!.startMs).toBe(1000)
})

test.each(['receivedLeft', 'received'] as const)(
  'a key that a phone tells, and plays too (%s)',
  async (layout) => {
    const scene = new Scene()
    const { leg, port } = scene.leg()
    const bare = paper()
    const mask = new KeyMask(bare, 8000)
    const tape = new Tape(mask, layout)
    leg.taps.record(tape)
    const say = (value: number, ticks: number) => {
      for (let n = 0; n < ticks; n++) {
        port.arrive(loud(value), 0)
        scene.tick()
      }
    }
    say(2000, 50)
    // What is no tone can't be found by ear.
    for (let n = 1; n <= 5; n++) {
      port.arrive(loud(9000), 0)
      port.arrive(
        Uint8Array.of(5, n === 5 ? 0x80 : 0, (n * 160) >> 8, (n * 160) & 0xff),
        101,
        n === 1,
        0,
      )
      scene.tick()
    }
    say(2000, 50)
    tape.finish()
    await mask.close()
    expect(scene.digits).toEqual(['5'])
    expect(Math.max(...bare.left)).toBeLessThan(3000)
    const [span, ...more] = mask.spans
    expect([span?.kind, more]).toEqual(['masked', []])
    expect(span!.endMs - span!.startMs).toBeLessThan(500)
    expect(channelsOf(layout)).toBe(layout === 'received' ? 1 : 2)
  },
)

test('while the recording waits, keys are no spans', () => {
  const mask = new KeyMask(paper(), 8000)
  const tape = new Tape(mask, 'received')
  tape.mode = 'paused'
  tape.hush()
  expect(mask.spans).toEqual([])
})
