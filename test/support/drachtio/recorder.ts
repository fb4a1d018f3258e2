import type { PortNames } from './ports.ts'
import { nowMs, type Recorded, type Recording } from './recording.ts'

/** Collects what happens in one run. */
export class Recorder {
  readonly portNames: PortNames
  readonly #items: Recorded[] = []
  #fromMs = 0
  #untilMs = Number.POSITIVE_INFINITY

  constructor(portNames: PortNames) {
    this.portNames = portNames
  }

  /** What came before does not belong to the scenario (connecting, registering routes). */
  mark(): void {
    this.#fromMs = nowMs()
  }

  stop(): void {
    this.#untilMs = Math.min(this.#untilMs, nowMs())
  }

  add(item: Recorded): void {
    this.#items.push(item)
  }

  frame(connection: string, toServer: boolean, payload: string): void {
    this.add({ kind: 'frame', atMs: nowMs(), connection, toServer, payload })
  }

  closed(connection: string): void {
    this.add({ kind: 'closed', atMs: nowMs(), connection })
  }

  sip(from: number | 'srv', to: number | 'srv', text: string, atMs: number = nowMs()): void {
    const name = (party: number | 'srv'): string =>
      party === 'srv' ? party : (this.portNames(party) ?? `port ${party}`)
    this.add({ kind: 'sip', atMs, from: name(from), to: name(to), text })
  }

  /** How many commands have no answer yet. */
  unanswered(): number {
    const open = new Set<string>()
    for (const item of this.#items) {
      if (item.kind !== 'frame') continue
      const [first = '', kind, id = ''] = item.payload.split(/[|\r]/, 3)
      if (item.toServer) open.add(first)
      else if (kind === 'response') open.delete(id)
    }
    return open.size
  }

  recording(): Recording {
    const items = this.#items
      .filter((item) => item.atMs >= this.#fromMs && item.atMs <= this.#untilMs)
      .sort((a, b) => a.atMs - b.atMs)
    return { items, portNames: this.portNames }
  }
}
