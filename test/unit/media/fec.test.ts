/** In-band FEC of Opus: what was lost is taken from the packet behind it, where that one is here in time. */
import { expect, test } from 'vitest'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { Scene } from './scene.ts'
import { terms } from './talker.ts'

const PACKETS = 200
const kind = codecKinds.opus

/** Like a voice: syllables of a gliding pitch with two formants. Encoders protect nothing else. */
function voice(samples: number): Int16Array {
  let phase = 0
  return Int16Array.from({ length: samples }, (_, i) => {
    const t = i / 48_000
    const pitchHz = 120 + 40 * Math.sin(2 * Math.PI * 0.7 * t)
    const formantHz = 600 + 200 * Math.sin(2 * Math.PI * 2 * t)
    phase += (2 * Math.PI * pitchHz) / 48_000
    let sum = 0
    for (let harmonic = 1; harmonic < 25; harmonic++) {
      const hz = harmonic * pitchHz
      const first = Math.exp(-(((hz - formantHz) / 300) ** 2))
      const second = 0.4 * Math.exp(-(((hz - 1500) / 400) ** 2))
      sum += Math.sin(harmonic * phase) * (first + second + 0.05)
    }
    return 2500 * (0.15 + 0.85 * Math.max(0, Math.sin(2 * Math.PI * 4 * t))) * sum
  })
}

function encoded(): readonly Uint8Array[] {
  const pcm = voice(PACKETS * 960)
  const encoder = kind.newEncoder(48_000)
  const bytes = new Uint8Array(1500)
  return Array.from({ length: PACKETS }, (_, n) => {
    const frame = pcm.subarray(n * 960, (n + 1) * 960)
    return bytes.slice(0, encoder.encode(frame, bytes, 0))
  })
}
const packets = encoded()

/** What a PCMU phone hears when packets come two at a time, without those that are lost. */
function heard(isLost: (n: number) => boolean): Int16Array {
  const scene = new Scene()
  const [a, b] = [scene.leg(terms('opus')), scene.leg(terms('PCMU'))]
  a.leg.bridge(b.leg)
  for (let n = 0; n < PACKETS; n++) {
    for (let k = n - 1; n % 2 === 1 && k <= n; k++) {
      if (isLost(k)) a.port.lose(960)
      else a.port.arrive(packets[k]!, 111, false, 960)
    }
    scene.tick()
  }
  const decoder = codecKinds.PCMU.newDecoder(8000)
  const pcm = new Int16Array(PACKETS * 160)
  const frame = new Int16Array(160)
  b.port.sent.forEach(({ payload }, n) => {
    decoder.decode(payload, 0, payload.length, frame)
    pcm.set(frame, n * 160)
  })
  return pcm
}

/** Of what was meant to what differs, in dB, from the second second on. */
function snrDb(meant: Int16Array, got: Int16Array): number {
  let signal = 0
  let error = 0
  for (let i = 8000; i < meant.length; i++) {
    signal += meant[i]! ** 2
    error += (meant[i]! - got[i]!) ** 2
  }
  return 10 * Math.log10(signal / error)
}

test('one lost in ten is mended when the next one came with it, better than when it comes later', () => {
  const whole = heard(() => false)
  const mended = snrDb(
    whole,
    heard((n) => n > 30 && n % 10 === 6),
  )
  const guessed = snrDb(
    whole,
    heard((n) => n > 30 && n % 10 === 7),
  )
  expect(mended).toBeGreaterThan(5)
  expect(mended).toBeGreaterThan(guessed + 3)
})
