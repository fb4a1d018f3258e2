import type { Clock } from '../clock.ts'
import type { Counters } from '../counters.ts'
import { giveUpMs, type Timing } from '../timing.ts'
import type { Machine, TxAct, TxInput, TxState, TxTimer } from './machine.ts'

export interface RunContext {
  readonly clock: Clock
  readonly timing: Timing
  readonly counters: Counters
}

/** Timers that only repeat or linger because UDP loses packets. */
const repeats = new Set<TxTimer>(['A', 'E', 'G'])
const lingers = new Set<TxTimer>(['D', 'I', 'J', 'K'])

/** First delay of a timer (RFC 3261 appendix A); undefined: not run on this transport. */
export const firstDelayMs = (
  timer: TxTimer,
  reliable: boolean,
  timing: Timing,
): number | undefined => {
  if (reliable && repeats.has(timer)) return undefined
  if (reliable && lingers.has(timer)) return 0
  if (repeats.has(timer)) return timing.t1Ms
  if (timer === 'I' || timer === 'K') return timing.t4Ms
  return timer === 'D' ? Math.max(32_000, giveUpMs(timing)) : giveUpMs(timing)
}

/** Delay before a repeating timer fires again: A doubles without limit, E and G up to T2. */
export const nextDelayMs = (
  timer: TxTimer,
  lastMs: number,
  state: TxState,
  timing: Timing,
): number => {
  if (timer === 'A') return lastMs * 2
  return state === 'proceeding' ? timing.t2Ms : Math.min(lastMs * 2, timing.t2Ms)
}

interface Running {
  readonly cancel: () => void
  readonly delayMs: number
}

/** Runs one machine: keeps its state and timers, hands each act to `act`. */
export class MachineRun {
  readonly #machine: Machine
  readonly #context: RunContext
  readonly #reliable: boolean
  readonly #act: (act: TxAct) => void
  readonly #ended: () => void
  readonly #timers = new Map<TxTimer, Running>()
  #state: TxState

  constructor(
    machine: Machine,
    context: RunContext,
    reliable: boolean,
    act: (act: TxAct) => void,
    ended: () => void,
  ) {
    this.#machine = machine
    this.#context = context
    this.#reliable = reliable
    this.#act = act
    this.#ended = ended
    this.#state = machine.initial
    this.#arm(machine.initial)
  }

  get state(): TxState {
    return this.#state
  }

  /** Returns false if the machine ignores this input in its state. */
  feed(input: TxInput): boolean {
    const rule = this.#machine.table[this.#state]?.[input]
    if (rule === undefined) {
      this.#context.counters.ignoredInputs++
      return false
    }
    const [next, ...acts] = rule
    if (next !== this.#state) {
      this.#state = next
      this.#arm(next)
    }
    for (const act of acts) this.#act(act)
    if (next === 'terminated') this.#ended()
    return true
  }

  stop(): void {
    for (const { cancel } of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#state = 'terminated'
  }

  #arm(state: TxState): void {
    const wanted = this.#machine.timers[state] ?? []
    for (const [timer, { cancel }] of this.#timers) {
      if (wanted.includes(timer)) continue
      cancel()
      this.#timers.delete(timer)
    }
    for (const timer of wanted) {
      if (this.#timers.has(timer)) continue
      const delayMs = firstDelayMs(timer, this.#reliable, this.#context.timing)
      if (delayMs !== undefined) this.#start(timer, delayMs)
    }
  }

  #start(timer: TxTimer, delayMs: number): void {
    const cancel = this.#context.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      const { state } = this
      if (repeats.has(timer)) {
        this.#start(timer, nextDelayMs(timer, delayMs, state, this.#context.timing))
      }
      this.feed(timer)
    })
    this.#timers.set(timer, { cancel, delayMs })
  }
}
