import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { Microphone, OpenMicrophone } from '../core/ports/microphone.ts'
import { SampleWriter } from '../dsp/sample-ring.ts'
import { openRecorder, type RecorderOptions } from './recorder.ts'

/** What the media thread plays live sound at. */
const rateHz = 16_000

/** The microphone for live announcements. `close` ends what is open; nothing is opened afterwards. */
export class LiveMicrophone implements Microphone {
  readonly #options: RecorderOptions
  #use: Promise<OpenMicrophone> | undefined
  #isClosed = false

  constructor(options: Omit<RecorderOptions, 'rateHz' | 'clock'>, clock: Clock) {
    this.#options = { ...options, rateHz, clock }
  }

  async open(): Promise<OpenMicrophone> {
    if (this.#isClosed) throw new Failure('draining', 'the engine is shutting down')
    if (this.#use !== undefined)
      throw new Failure('microphone_busy', 'somebody speaks from this microphone')
    this.#use = this.#begin()
    const open = await this.#use
    if (!this.#isClosed) return open
    await open.close()
    throw new Failure('draining', 'the engine is shutting down')
  }

  async #begin(): Promise<OpenMicrophone> {
    const ring = new SampleWriter(rateHz)
    try {
      const recorder = await openRecorder(this.#options, (pcm) => ring.write(pcm))
      // Whoever waits for the end finds the microphone free.
      const ended = recorder.ended.then((why) => {
        ring.end()
        this.#use = undefined
        return why
      })
      const close = async () => {
        await recorder.close()
        await ended
      }
      return { sound: { kind: 'live', ring: ring.shared }, ended, close }
    } catch (error) {
      this.#use = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const open = await this.#use?.catch(() => undefined)
    await open?.close()
  }
}
