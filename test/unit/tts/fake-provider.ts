import { wavHeader } from '../../../engine/dsp/wav.ts'
import type { SpeechProvider, Words } from '../../../tts/index.ts'

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

  resolveVoice(voice = 'default'): string | undefined {
    return voice === 'nobody' ? undefined : voice
  }

  voiceLike(voice: string): string | undefined {
    return voice
  }

  /** Speaks the runs and nothing else. */
  markup(parts: Parameters<SpeechProvider['markup']>[0]): string {
    return parts.map((part) => (part.is === 'run' ? part.text : '')).join('')
  }

  async synthesise({ text }: Words, _voice: string, signal: AbortSignal): Promise<Uint8Array> {
    this.spoken.push(text)
    signal.addEventListener('abort', () => this.aborted.push(text))
    if (this.hold) {
      await new Promise<void>((resolve, reject) => {
        this.#held.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    }
    return this.answer(text)
  }

  release(): void {
    for (const resolve of this.#held.splice(0)) resolve()
  }
}
