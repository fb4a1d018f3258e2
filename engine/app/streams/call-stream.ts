import { Failure } from '../../core/failures.ts'
import type { AudioStream, StreamListener, StreamOptions } from '../../core/ports/streams.ts'
import { requireStillUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { sendDigits } from '../send-digits.ts'

/** Of one call at a time, whoever has dialled whom. */
export const mostStreams = 4

export interface CallStreamListener extends StreamListener {
  /** A key of the call's phone; not while keys are a secret. */
  digit(digit: string): void
}

/** A stream of a call's audio, as an application has it. */
export interface CallStream extends AudioStream {
  readonly id: string
  /** Presses keys for the call's phone. Failure `invalid_request` for what are no keys. */
  sendDigits(digits: string): Promise<void>
}

/** Failure `limit_reached`. */
export function requireRoomForStream({ acts }: LiveCall): void {
  if (acts.streams < mostStreams) return
  throw new Failure('limit_reached', `A call has ${mostStreams} streams at most`)
}

/** `over`: told once of a stream that was there, however it ends. Failures `call_ended`, `call_not_answered`. */
export async function openCallStream(
  ports: Ports,
  call: LiveCall,
  id: string,
  options: StreamOptions,
  listener: CallStreamListener,
  over: (reason: 'closed' | 'callEnded', durationMs: number) => void,
): Promise<CallStream> {
  const beganAtMs = ports.clock.monotonicMs()
  let isThere = false
  const end = (reason: 'closed' | 'callEnded') => {
    if (!isThere) return
    isThere = false
    call.keyListeners.delete(onDigit)
    over(reason, Math.round(ports.clock.monotonicMs() - beganAtMs))
  }
  const onDigit = (digit: string) => listener.digit(digit)
  const stream = await ports.media.openStream(call.id, options, {
    audio: (frame) => listener.audio(frame),
    marked: (mark, cleared) => listener.marked(mark, cleared),
    ended: () => {
      end('callEnded')
      listener.ended()
    },
  })
  try {
    requireStillUp(call)
  } catch (error) {
    stream.close()
    throw error
  }
  isThere = true
  call.keyListeners.add(onDigit)
  return {
    id,
    speak: (audio) => stream.speak(audio),
    mark: (mark) => stream.mark(mark),
    clear: () => stream.clear(),
    get bufferedMs() {
      return stream.bufferedMs
    },
    get lost() {
      return stream.lost
    },
    close: () => {
      end('closed')
      stream.close()
    },
    sendDigits: (digits) => sendDigits(ports, call, digits),
  }
}
