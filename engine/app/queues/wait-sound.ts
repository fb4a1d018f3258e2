import type { Sound } from '../../core/ports/media.ts'
import type { EnqueueVerb } from '../../core/verbs.ts'
import { musicAt, usualMusic } from '../music.ts'
import type { QueueWords } from '../phrases/phrases.ts'
import type { Run } from '../program.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import { playSound } from '../verbs/play.ts'
import { follow } from '../verbs/redirect.ts'
import { aborted, wait } from '../wait.ts'
import { expectedWaitMs } from './expected-wait.ts'
import type { LiveQueue } from './live-queue.ts'
import { queueNow } from './show.ts'
import type { WaitingCall } from './waiting-call.ts'

/** Instructions that are over at once are not asked for again at once. */
const leastRoundMs = 1_000
/** Of what is expected nobody is told more than this. */
const longestToldMs = 3_600_000
/** Something else was played to the call: the music comes back after this. */
const backAfterMs = 5_000

/** What an application that is asked what a waiting call hears is told, beside the call itself. */
export function queueFields(
  run: Pick<Run, 'ports'>,
  queue: LiveQueue,
  waiting: WaitingCall,
): Readonly<Record<string, unknown>> {
  return {
    queue_id: queue.id,
    queue_name: queue.record.name,
    queue_position: queue.positionOf(waiting),
    current_queue_size: queue.waiting.length,
    queue_time: seconds(run.ports.clock.nowMs() - waiting.enteredAtMs),
    avg_queue_time: seconds(queue.averageWaitMs),
    ...(waiting.data && { queue_data: waiting.data }),
  }
}

export const seconds = (durationMs: number): number => Math.round(durationMs / 1_000)

/** What a waiting call hears: instructions, or music and now and then its place. */
export class WaitSound {
  readonly #run: Run
  readonly #queue: LiveQueue
  readonly #waiting: WaitingCall
  readonly #instructions: { readonly url: string; readonly method: 'GET' | 'POST' } | undefined
  #controller = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(run: Run, queue: LiveQueue, waiting: WaitingCall, verb: EnqueueVerb) {
    this.#run = run
    this.#queue = queue
    this.#waiting = waiting
    const { waitUrl, waitMethod } = queue.record.options
    if (verb.waitUrl !== undefined) {
      this.#instructions = { url: verb.waitUrl, method: verb.waitMethod ?? 'POST' }
    } else if (waitUrl !== null) this.#instructions = { url: waitUrl, method: waitMethod }
  }

  start(): void {
    this.#controller = new AbortController()
    const signal = AbortSignal.any([this.#run.signal, this.#controller.signal])
    this.#done = this.#play(signal).catch((error: unknown) => {
      if (signal.aborted) return
      this.#run.ports.log.warn('waiting call hears nothing', {
        callId: this.#run.call.id,
        error: String(error),
      })
    })
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#controller.abort()
    await this.#done
  }

  async #play(signal: AbortSignal): Promise<void> {
    const run = { ...this.#run, signal }
    if (this.#instructions) await this.#obey(run, this.#instructions)
    if (!signal.aborted && this.#waiting.isOpen) await this.#music(run)
  }

  /** Over and over. Where they can't be had there is music instead. */
  async #obey(run: Run, ask: { url: string; method: 'GET' | 'POST' }): Promise<void> {
    const { ports, call, signal } = run
    try {
      while (!signal.aborted && this.#waiting.isOpen) {
        const beganMs = ports.clock.monotonicMs()
        const extra = queueFields(run, this.#queue, this.#waiting)
        const how = await follow(run, { ...ask, extra })
        // `leave` has told so itself by now; the other verbs that end all end the call.
        if (how === 'over' && this.#waiting.isOpen) call.feed({ is: 'hangup', by: 'program' })
        const tookMs = ports.clock.monotonicMs() - beganMs
        if (tookMs < leastRoundMs) await wait(ports.clock, leastRoundMs - tookMs, signal)
      }
    } catch (error) {
      if (signal.aborted) return
      ports.log.warn('wait instructions failed', { callId: call.id, error: String(error) })
    }
  }

  async #music(run: Run): Promise<void> {
    const { announceEveryMs } = this.#queue.record.options
    const music = await this.#soundOfMusic(run)
    while (!run.signal.aborted) {
      if (announceEveryMs !== null) await this.#announce(run)
      await this.#hear(run, music, announceEveryMs ?? undefined)
    }
  }

  async #announce(run: Run): Promise<void> {
    const place = this.#queue.positionOf(this.#waiting)
    await this.#say(run, (words) => words.position(place))
    if (!this.#queue.record.options.announceWait || run.signal.aborted) return
    const waitMs = this.#expectedWaitMs(run)
    if (waitMs === undefined) return
    await this.#say(run, (words) =>
      waitMs > longestToldMs ? words.waitIsLong : words.wait(Math.ceil(waitMs / 60_000)),
    )
  }

  async #say(run: Run, wordsOf: (words: QueueWords) => string): Promise<void> {
    const { options } = this.#queue.record
    await playSound(run, await soundOfPhrase(run.ports, options, ({ queue }) => wordsOf(queue)))
  }

  #expectedWaitMs(run: Run): number | undefined {
    const queue = this.#queue
    const agents = queueNow(run, queue).agents.map((agent) => ({
      ...agent,
      talking: queue.now(agent.id).talks.size,
    }))
    return expectedWaitMs(queue.turnsOf(this.#waiting), agents)
  }

  /** For so long, or until the signal aborts. */
  async #hear(run: Run, music: Sound | undefined, forMs: number | undefined): Promise<void> {
    const { ports, call, signal } = run
    const enough = new AbortController()
    const disarm = forMs === undefined ? () => {} : ports.clock.after(forMs, () => enough.abort())
    const until = AbortSignal.any([signal, enough.signal])
    if (!music) await aborted(until)
    while (music && !until.aborted) {
      try {
        await playSound(run, music, until)
      } catch (error) {
        ports.log.warn('music of a queue not played', { callId: call.id, error: String(error) })
      }
      await wait(ports.clock, backAfterMs, until)
    }
    disarm()
  }

  /** Undefined: nothing. */
  async #soundOfMusic({ ports, call, signal }: Run): Promise<Sound | undefined> {
    const { waitMusic } = this.#queue.record.options
    if (waitMusic === null) return usualMusic(ports)
    if (waitMusic === '') return undefined
    try {
      return await musicAt(ports, waitMusic, call.record.accountId, signal)
    } catch (error) {
      ports.log.warn('music of a queue not to be had', { error: String(error) })
      return usualMusic(ports)
    }
  }
}
