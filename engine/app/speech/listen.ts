import { EndPointer, type SpeechLimits } from '../../core/end-pointer.ts'
import type { AudioStream } from '../../core/ports/streams.ts'
import type { SoundBlock } from '../../core/ports/transcriber.ts'
import type { Run } from '../program.ts'
import { hearPhone } from './hear-phone.ts'

/** What was said, of one channel, and how long it was. */
export interface Utterance extends Omit<SoundBlock, 'channels'> {
  readonly spokenMs: number
}

/** Listens for one utterance of the call's phone. */
export interface Listening {
  /** Somebody has begun to speak: resolves then, or never. */
  readonly begun: Promise<void>
  readonly isSpeaking: boolean
  /** It is at its end: resolves then, or never. */
  readonly said: Promise<Utterance>
  /** What was said by now. */
  readonly soFar: () => Utterance
  /** Nothing more is listened to, nothing is held. */
  close(): void
}

/** More than it takes for the sound of so long an utterance to come; sound that stops coming ends it. */
const graceMs = 5_000

/** Undefined: the call's audio is not there any more. */
export async function listen(run: Run, limits: SpeechLimits): Promise<Listening | undefined> {
  const pointer = new EndPointer(limits)
  const begun = Promise.withResolvers<void>()
  const said = Promise.withResolvers<Utterance>()
  const rateHz = rateOf(run)
  let disarm: (() => void) | undefined
  let stream: AudioStream | undefined
  let isClosed = false
  let heldBytes = 0
  const hold = (bytes: number) => {
    heldBytes += bytes
    return run.ports.recogniser?.hold(bytes) ?? true
  }
  const end = () => {
    if (isClosed) return
    close()
    said.resolve({ rateHz, samples: pointer.take(), spokenMs: pointer.spokenMs })
  }
  const hear = (samples: Uint8Array, durationMs: number) => {
    if (isClosed) return
    pointer.hear(samples, durationMs)
    if (pointer.state === 'waiting') return
    begun.resolve()
    disarm ??= run.ports.clock.after(limits.maxSpeechMs + limits.speechTimeoutMs + graceMs, end)
    const hasRoom = hold(samples.byteLength)
    if (pointer.state === 'ended' || !hasRoom) end()
  }
  const close = () => {
    isClosed = true
    hold(-heldBytes)
    disarm?.()
    stream?.close()
  }
  stream = await hearPhone(run, rateHz, hear)
  if (!stream) return undefined
  if (isClosed) stream.close()
  return {
    begun: begun.promise,
    said: said.promise,
    soFar: () => ({ rateHz, samples: pointer.soFar(), spokenMs: pointer.spokenMs }),
    get isSpeaking() {
      return pointer.state === 'speaking'
    },
    close,
  }
}

/** What the phone sends; models like more than a telephone has. */
function rateOf({ call, ports }: Run): 8_000 | 16_000 {
  const codec = ports.media.agreedOn(call.id)?.codec
  return codec === 'opus' || codec === 'G722' ? 16_000 : 8_000
}
