import { actionDesk } from '../../../../engine/app/actions/desk.ts'
import { callCentre } from '../../../../engine/app/centre.ts'
import { awaitMembers } from '../../../../engine/app/conferences/await-members.ts'
import { conferenceDesk } from '../../../../engine/app/conferences/conference-desk.ts'
import { LiveCalls } from '../../../../engine/app/live-calls.ts'
import type { Ports } from '../../../../engine/app/ports.ts'
import { queueDesk } from '../../../../engine/app/queues/queue-desk.ts'
import { restoreQueues } from '../../../../engine/app/queues/restore.ts'
import { mediaEvents, sipEvents } from '../../../../engine/app/sip-events.ts'
import type { Clock } from '../../../../engine/core/clock.ts'
import type { CallId, ConferenceId, RecordingId } from '../../../../engine/core/ids.ts'
import type { Media, RecordOutcome } from '../../../../engine/core/ports/media.ts'
import { settle } from '../../../support/virtual-clock.ts'
import type { Phones } from './phones.ts'

/** What only looks, and is told at once. */
const looks = new Set<unknown>([
  ...['ready', 'trunkStatus', 'registeredContacts', 'agreedOn', 'examine', 'trouble', 'watch'],
  ...['hasVoice', 'voices', 'voiceNamed', 'unavailableBecause'],
  ...['check', 'checkUrl', 'checkPromptUrl'],
  'checkSocketUrl',
])

const never = new Promise<never>(() => undefined)

/** One process: it can be killed at any time, and what it still wanted to do is not done. */
export class Life {
  readonly ports: Ports
  readonly calls: LiveCalls
  readonly centre: ReturnType<typeof callCentre>
  readonly actions: ReturnType<typeof actionDesk>
  readonly queues: ReturnType<typeof queueDesk>
  readonly rooms: ReturnType<typeof conferenceDesk>
  readonly sip: ReturnType<typeof sipEvents>
  readonly media: ReturnType<typeof mediaEvents>
  /** Legs and rooms of the media side. */
  readonly open = new Set<string>()
  /** Errors that it has logged, but for those of a database that fails. */
  readonly errors: string[] = []
  /** So many of the next commits fail. */
  failing = 0
  /** At least one has failed: the next start gives what was not stored its end. */
  hasFailed = false
  readonly #timers = new Set<() => void>()
  /** What the disk is at. */
  readonly #writing = new Set<Promise<unknown>>()
  readonly #recordings = new Map<string, readonly RecordingId[]>()
  #isDead = false

  constructor(base: Ports, phones: Phones) {
    this.ports = {
      ...base,
      store: this.#mortal(this.#failable(base.store), this.#writing),
      sip: this.#mortal(this.#telling(base.sip, phones)),
      media: this.#mortal(this.#mediaOf(base.media)),
      web: this.#mortal(base.web),
      speech: this.#mortal(base.speech),
      recordingFiles: this.#mortal(base.recordingFiles),
      clock: this.#clockOf(base.clock),
      log: {
        ...base.log,
        error: (message, fields) => {
          const text = `${message} ${JSON.stringify(fields)}`
          if (!this.#isDead && !text.includes('database away')) this.errors.push(text)
        },
      },
    }
    this.calls = new LiveCalls(this.ports)
    this.centre = callCentre(this.ports, this.calls)
    this.actions = actionDesk(this.ports, this.calls)
    this.queues = queueDesk(this)
    this.rooms = conferenceDesk(this)
    this.sip = sipEvents(this.ports, this.calls)
    this.media = mediaEvents(this.ports, this.calls, () => {})
  }

  /** What a process does after `recover`. */
  async begin(): Promise<void> {
    await restoreQueues(this)
    await awaitMembers(this)
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Resolves when the disk has done what it was told before. */
  async kill(): Promise<void> {
    this.#isDead = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    await Promise.allSettled(this.#writing)
    await settle()
  }

  #failable(store: Ports['store']): Ports['store'] {
    const fails = () => {
      if (this.failing === 0) return false
      this.failing--
      this.hasFailed = true
      return true
    }
    const away = () => Promise.reject(new Error('database away'))
    const { calls, conferences } = store
    return {
      ...store,
      calls: { ...calls, commit: (...of) => (fails() ? away() : calls.commit(...of)) },
      conferences: {
        ...conferences,
        commit: (...of) => (fails() ? away() : conferences.commit(...of)),
      },
    }
  }

  #telling(sip: Ports['sip'], phones: Phones): Ports['sip'] {
    return {
      ...sip,
      invite: (id) => phones.invite(id),
      cancel: (id) => phones.cancel(id),
      bye: (id) => phones.bye(id),
      accept: (id) => phones.accept(id),
      reject: (id) => phones.reject(id),
    }
  }

  #mediaOf(media: Media): Media {
    const begin = (key: string, id: RecordingId): void => {
      this.#recordings.set(key, [...(this.#recordings.get(key) ?? []), id])
    }
    const end = (key: string, tell: (outcome: RecordOutcome) => void, only?: RecordingId) => {
      const all = this.#recordings.get(key) ?? []
      const ending = all.filter((one) => only === undefined || one === only)
      const left = all.filter((one) => !ending.includes(one))
      this.#recordings.set(key, left)
      for (const recordingId of ending) {
        const outcome = { recordingId, path: '/x.wav', durationMs: 1, bytes: 60, failure: null }
        // The thread tells of it, not the command.
        setImmediate(() => (this.#isDead ? undefined : tell(outcome)))
      }
    }
    const endOf = (id: CallId, only?: RecordingId) =>
      end(id, (outcome) => this.media.recordingEnded(id, outcome), only)
    const endOfRoom = (id: ConferenceId) =>
      end(id, (outcome) => this.media.roomRecordingEnded(id, outcome))
    return {
      ...media,
      offer: (id, options) => {
        this.open.add(id)
        return media.offer(id, options)
      },
      answer: (id, sdp, options) => {
        this.open.add(id)
        return media.answer(id, sdp, options)
      },
      startRecording: async (id, recordingId) => {
        if (this.open.has(id)) begin(id, recordingId)
      },
      stopRecording: async (id, only) => endOf(id, only),
      close: (id) => {
        endOf(id)
        this.open.delete(id)
        return media.close(id)
      },
      openRoom: async (room) => void this.open.add(room),
      closeRoom: (room) => {
        endOfRoom(room)
        this.open.delete(room)
        return media.closeRoom(room)
      },
      recordRoom: async (room, recordingId) => begin(room, recordingId),
      stopRoomRecording: async (room) => endOfRoom(room),
    }
  }

  #clockOf(clock: Clock): Clock {
    return {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      after: (delayMs, run) => {
        if (this.#isDead) return () => undefined
        const cancel = clock.after(delayMs, () => {
          this.#timers.delete(stop)
          run()
        })
        const stop = () => {
          this.#timers.delete(stop)
          cancel()
        }
        this.#timers.add(stop)
        return stop
      },
    }
  }

  /** Of a dead process nothing is heard, and nothing reaches it. */
  #mortal<Port extends object>(port: Port, writing?: Set<Promise<unknown>>): Port {
    return new Proxy(port, {
      get: (of, key) => {
        const value: unknown = Reflect.get(of, key)
        if (typeof value === 'object' && value !== null) return this.#mortal(value, writing)
        if (typeof value !== 'function' || looks.has(key)) return value
        return (...given: unknown[]) => {
          if (this.#isDead) return never
          const done: unknown = Reflect.apply(value, of, given)
          return done instanceof Promise ? this.#whileAlive(done, writing) : done
        }
      },
    })
  }

  #whileAlive(done: Promise<unknown>, writing?: Set<Promise<unknown>>): Promise<unknown> {
    writing?.add(done)
    const forget = () => writing?.delete(done)
    done.then(forget, forget)
    return done.then(
      (value) => (this.#isDead ? never : value),
      (error: unknown) => {
        if (this.#isDead) return never
        throw error
      },
    )
  }
}
