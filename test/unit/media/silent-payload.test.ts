import { describe, expect, test } from 'vitest'
import { codecKinds, frameSamples } from '../../../engine/media/leg/codec.ts'
import { Encoding } from '../../../engine/media/leg/encoding.ts'

/** What a decoder makes of 3 s of silence and of a tone after it, and how often the payload was another one. */
function heard(codec: keyof typeof codecKinds): {
  loudestSilence: number
  changes: number
  toneRms: number
} {
  const kind = codecKinds[codec]
  const encoding = new Encoding(kind, kind.bestRateHz)
  const decoder = kind.newDecoder(kind.codingRateHz(kind.bestRateHz))
  const samples = frameSamples(kind.bestRateHz)
  const pcm = new Int16Array(samples)
  const out = new Int16Array(samples)
  const payload = new Uint8Array(1500)
  let [loudestSilence, changes, before, squares] = [0, 0, '', 0]
  const send = (): void => {
    const bytes = encoding.encode(pcm, payload, 0)
    decoder.decode(payload, 0, bytes, out)
    const now = Buffer.from(payload.subarray(0, bytes)).toString('base64')
    if (now !== before) changes += 1
    before = now
  }
  for (let n = 0; n < 150; n++) {
    pcm.fill(0)
    send()
    if (n > 10)
      for (const sample of out) loudestSilence = Math.max(loudestSilence, Math.abs(sample))
  }
  const changesOfSilence = changes
  for (let n = 0; n < 25; n++) {
    for (let i = 0; i < samples; i++) {
      pcm[i] = 8000 * Math.sin((2 * Math.PI * 440 * (n * samples + i)) / kind.bestRateHz)
    }
    send()
    if (n >= 10) for (const sample of out) squares += sample * sample
  }
  decoder.close()
  encoding.close()
  return { loudestSilence, changes: changesOfSilence, toneRms: Math.sqrt(squares / (15 * samples)) }
}

describe('what is sent while nobody says anything', () => {
  test.each(['PCMU', 'PCMA', 'G722', 'opus'] as const)(
    '%s: the same payload, which is silence, and what comes after it is heard',
    (codec) => {
      const { loudestSilence, changes, toneRms } = heard(codec)
      if (codec !== 'G722') expect(changes).toBeLessThan(60)
      expect(loudestSilence).toBeLessThan(16)
      expect(toneRms).toBeGreaterThan(4500)
      expect(toneRms).toBeLessThan(6500)
    },
  )
})
