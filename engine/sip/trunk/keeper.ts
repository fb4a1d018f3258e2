import type { TrunkId } from '../../core/ids.ts'
import type { TrunkChange, TrunkRecord, TrunkStatus } from '../../core/ports/sip.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import { trunkAddress } from '../call/routes.ts'
import type { Context } from '../context.ts'
import { Ping } from './ping.ts'
import { Registration } from './registration.ts'

interface Kept {
  /** As it is stored now. */
  trunk: TrunkRecord
  registration: { readonly by: string; readonly it: Registration } | undefined
  ping: { readonly by: string; readonly it: Ping } | undefined
}

const unknown: TrunkStatus = { registration: null, reachable: null, roundTripMs: null }

/** Registers at trunks and pings them, as they want it now. */
export class TrunkKeeper {
  readonly #ctx: Context
  readonly #list: () => Promise<readonly TrunkRecord[]>
  readonly #kept = new Map<TrunkId, Kept>()
  #tail: Promise<void> = Promise.resolve()
  #closed = false

  constructor(ctx: Context, list: () => Promise<readonly TrunkRecord[]>) {
    this.#ctx = ctx
    this.#list = list
  }

  status(id: TrunkId): TrunkStatus {
    const kept = this.#kept.get(id)
    if (!kept) return unknown
    return {
      ...unknown,
      ...kept.ping?.it.status,
      registration: kept.registration?.it.status ?? null,
    }
  }

  /** Trunks were changed. One change is carried out after the other. */
  reload(): void {
    this.#tail = this.#tail
      .then(() => this.#reload())
      .catch((error: unknown) => {
        this.#ctx.log.error('trunks not read', { error: String(error) })
      })
  }

  /** The control connection is there, or there again: what was under way is lost. */
  linkUp(): void {
    for (const { registration, ping } of this.#kept.values()) {
      registration?.it.start()
      ping?.it.start()
    }
    this.reload()
  }

  /** Takes all our Contacts away. Bounded in time, as each of them is. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#tail
    const all = [...this.#kept.values()]
    this.#kept.clear()
    for (const { ping } of all) ping?.it.stop()
    await Promise.all(all.map(({ registration }) => registration?.it.stop()))
  }

  async #reload(): Promise<void> {
    const trunks = await this.#list()
    if (this.#closed) return
    const known = new Set(trunks.map(({ id }) => id))
    const gone = [...this.#kept.values()].filter(({ trunk }) => !known.has(trunk.id))
    for (const kept of gone) this.#kept.delete(kept.trunk.id)
    await Promise.all([
      ...gone.map((kept) => this.#settle(kept, { ...kept.trunk, enabled: false })),
      ...trunks.map((trunk) => this.#settle(this.#keptOf(trunk), trunk)),
    ])
  }

  #keptOf(trunk: TrunkRecord): Kept {
    const known = this.#kept.get(trunk.id)
    if (known) return known
    const fresh: Kept = { trunk, registration: undefined, ping: undefined }
    this.#kept.set(trunk.id, fresh)
    return fresh
  }

  /** Ends what the trunk does not want any more before what it wants now begins: one Contact may be both. */
  async #settle(kept: Kept, trunk: TrunkRecord): Promise<void> {
    kept.trunk = trunk
    const { registration, pingIntervalS, realm } = optionsOf(trunk)
    const { host, port, transport, username, password } = trunk
    const where = { host, port, transport }
    const login = { ...where, registration, username, password, realm }
    const registerBy = trunk.enabled && registration ? JSON.stringify(login) : undefined
    const pingBy =
      trunk.enabled && pingIntervalS !== null
        ? JSON.stringify({ ...where, pingIntervalS })
        : undefined
    const tell = (change: TrunkChange) => this.#tell(kept, change)
    if (kept.ping?.by !== pingBy) {
      kept.ping?.it.stop()
      kept.ping = undefined
      if (pingBy !== undefined && pingIntervalS !== null) {
        const target = { uri: trunkAddress(trunk), intervalMs: pingIntervalS * 1000 }
        kept.ping = { by: pingBy, it: new Ping(this.#ctx, target, tell) }
        if (this.#ctx.link.up()) kept.ping.it.start()
      }
    }
    if (kept.registration?.by === registerBy) return
    await kept.registration?.it.stop()
    kept.registration = undefined
    if (registerBy === undefined || this.#closed) return
    kept.registration = { by: registerBy, it: new Registration(this.#ctx, trunk, tell) }
    if (this.#ctx.link.up()) kept.registration.it.start()
  }

  #tell({ trunk }: Kept, change: TrunkChange): void {
    this.#ctx.log.info('trunk', { trunk: trunk.name, ...change })
    this.#ctx.events.trunkChanged(trunk, change)
  }
}
