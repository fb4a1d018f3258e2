import type { CallStreamListener } from '../../../engine/app/streams/call-stream.ts'
import type { StreamDesk } from '../../../engine/app/streams/desk.ts'
import type { AccountId, CallId } from '../../../engine/core/ids.ts'
import type { Spoken, StreamOptions } from '../../../engine/core/ports/streams.ts'

/** Streams of calls that make no sound: what is asked of them is kept, and a test says what they tell. */
export class FakeStreams {
  readonly asked: unknown[] = []
  readonly desk: StreamDesk
  listener: CallStreamListener | undefined
  /** What becomes of audio. */
  spoken: Spoken = 'taken'
  bufferedMs = 0
  lost = 0
  takesMarks = true
  options: StreamOptions | undefined

  constructor(find: (account: AccountId, id: CallId) => Promise<unknown>) {
    this.desk = {
      check: async (account, id) => void (await find(account, id)),
      open: async (account, id, options, listener) => {
        await find(account, id)
        this.options = options
        this.listener = listener
        return this.stream()
      },
    }
  }

  stream() {
    const fake = this
    return {
      id: 'stream-1',
      speak: (audio: Uint8Array): Spoken => {
        fake.asked.push(['speak', audio.length])
        return fake.spoken
      },
      mark: (mark: number) => {
        if (fake.takesMarks) fake.asked.push(['mark', mark])
        return fake.takesMarks
      },
      clear: () => void fake.asked.push(['clear']),
      get bufferedMs() {
        return fake.bufferedMs
      },
      get lost() {
        return fake.lost
      },
      close: () => void fake.asked.push(['close']),
      sendDigits: async (digits: string) => void fake.asked.push(['sendDigits', digits]),
    }
  }
}
