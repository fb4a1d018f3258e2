import type { Voice } from '../../../engine/core/ports/speech.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import type { PcmChunk, Segment, SpeechProvider } from '../../../tts/index.ts'
import { pcmOfWav } from '../../../tts/wav-stream.ts'

/** A WAV of a sine at 16 kHz, stereo. */
export function toneWav(durationMs: number): Uint8Array {
  const pcm = new Int16Array(durationMs * 16 * 2)
  for (let i = 0; i < pcm.length; i += 2) {
    pcm[i] = pcm[i + 1] = 8000 * Math.sin((2 * Math.PI * 500 * (i / 2)) / 16000)
  }
  const header = wavHeader({
    rateHz: 16000,
    channels: 2,
    format: 'pcm16',
    dataBytes: pcm.byteLength,
  })
  return Buffer.concat([header, new Uint8Array(pcm.buffer)])
}

/** Speaks 10 ms a character; each utterance ends when the test says so, if it holds it. */
export class FakeProvider implements SpeechProvider {
  readonly name = 'fake'
  readonly renders = new Set([])
  readonly streams = false
  isRemote = false
  version = '1'
  missing: string | undefined
  answer: (text: string) => Uint8Array = (text) => toneWav(text.length * 10)
  hold = false
  readonly spoken: string[] = []
  readonly aborted: string[] = []
  readonly #held: (() => void)[] = []

  unavailableBecause(): string | undefined {
    return this.missing
  }

  voices(): readonly Voice[] {
    return ['default', 'other'].map((name) => ({
      id: `fake:${name}`,
      ...{ name, language: 'en-US', provider: 'fake', rateHz: 16_000 },
    }))
  }

  async *speak({ text }: Segment, signal: AbortSignal): AsyncGenerator<PcmChunk> {
    this.spoken.push(text)
    signal.addEventListener('abort', () => this.aborted.push(text))
    if (this.hold) {
      await new Promise<void>((resolve, reject) => {
        this.#held.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    }
    yield* pcmOfWav(inTwo(this.answer(text)), 'fake')
  }

  release(): void {
    for (const resolve of this.#held.splice(0)) resolve()
  }
}

/** As it comes from a program: in bits that end anywhere. */
async function* inTwo(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 47)
  yield bytes.subarray(47)
}
