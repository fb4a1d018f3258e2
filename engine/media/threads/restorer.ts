import { setTimeout as pause } from 'node:timers/promises'
import type { MediaEvents } from '../../core/ports/media.ts'
import { noStatistics } from '../messages.ts'
import type { OpenLeg, Side } from './open-leg.ts'
import type { Slot } from './slot.ts'

interface RestorerOptions {
  readonly slots: readonly Slot[]
  readonly events: Pick<MediaEvents, 'connection' | 'silence'>
  /** Of the leg, which is to be open. */
  isOpen(leg: OpenLeg): boolean
  /** Connects it again to whom it was connected to, in bridge or room. */
  connect(leg: OpenLeg): Promise<void>
}

/** A leg that can't be built anew within this is over. */
const GIVE_UP_AFTER_MS = 5000
const AGAIN_AFTER_MS = 200

/**
 * Builds legs anew whose thread has died. A phone without keys gets its old UDP port back and notices nothing but a
 * gap; whoever else has to be offered our new end, as the application is told (`broken`).
 */
export class Restorer {
  readonly #options: RestorerOptions

  constructor(options: RestorerOptions) {
    this.#options = options
  }

  /** `slot` has died: what lived there is gone, and what had its port there has no way to the network. */
  died(slot: Slot, legs: Iterable<OpenLeg>, rooms: Promise<unknown>): void {
    const struck: OpenLeg[] = []
    for (const leg of legs) {
      const hadPort = leg.lent.some(({ owner }) => owner === slot.index)
      if (leg.slot === slot || hadPort) struck.push(leg)
    }
    this.#restoreAll(struck, rooms)
  }

  /** It is in no thread any more, as one has died while it moved. */
  lost(leg: OpenLeg): void {
    this.#restoreAll([leg], Promise.resolve())
  }

  #restoreAll(legs: readonly OpenLeg[], rooms: Promise<unknown>): void {
    const built = legs.map((leg) => {
      leg.epoch += 1
      return leg.exclusively(() => this.#rebuild(leg))
    })
    const all = Promise.allSettled([rooms, ...built])
    const connecting = new Map<OpenLeg, Promise<void>>()
    for (const [at, leg] of legs.entries()) {
      const restored = all
        .then(() => built[at])
        .then(
          () => this.#connect(leg, connecting),
          () => {
            // Its new thread may have died too: then it is built anew once more.
            if (leg.restored === restored) this.#end(leg)
          },
        )
      leg.restored = restored
      void restored.then(() => {
        if (leg.restored === restored) leg.restored = undefined
      })
    }
  }

  /** The application is told only of what it has to do something about. Never rejects. */
  async #connect(leg: OpenLeg, connecting: Map<OpenLeg, Promise<void>>): Promise<void> {
    if (!this.#options.isOpen(leg)) return
    // Two that are connected with each other are connected once.
    // A bridge ends what plays on both, where nobody wished it.
    if (leg.partner) leg.partner.epoch += 1
    const known = connecting.get(leg) ?? this.#options.connect(leg).catch(() => undefined)
    connecting.set(leg, known)
    if (leg.partner) connecting.set(leg.partner, known)
    await known
    if (leg.stale && leg.watched) this.#options.events.connection(leg.id, 'broken')
  }

  #end(leg: OpenLeg): void {
    if (this.#options.isOpen(leg)) this.#options.events.silence(leg.id, 'end', GIVE_UP_AFTER_MS)
  }

  async #rebuild(leg: OpenLeg): Promise<void> {
    const { slots } = this.#options
    const { lent } = leg
    leg.lent = []
    // What is left of it, where only one of its two threads has died.
    await leg.slot.ask('close', { leg: leg.id, goesOn: true }, noStatistics)
    for (const { owner, lease } of lent)
      await slots[owner]?.ask('giveUp', { leases: [lease] }, null)
    const home = lent.find(({ isCurrent }) => isCurrent) ?? lent[0]
    leg.settleIn((home && slots[home.owner]) ?? leg.slot)
    const sides = leg.agreed ? [leg.agreed] : leg.sides
    leg.sides = sides
    for (const side of sides) await this.#reopen(leg, side)
    if (leg.agreement && leg.agreement.protection.kind !== 'webrtc') {
      const { id, agreement, natAddress } = leg
      const nat = natAddress === undefined ? {} : { natAddress }
      await leg.slot.ask('agree', { leg: id, agreement, ...nat })
    }
    // Rollovers of its keys were counted by the thread that has died: they are to be new ones.
    if (leg.agreement && leg.agreement.protection.kind !== 'none') leg.stale = true
    if (leg.watched) await leg.slot.ask('watch', { leg: leg.id })
    if (leg.mutes) await leg.slot.ask('mute', { leg: leg.id, mutes: leg.mutes })
    for (const { terms } of leg.streams.values()) {
      await leg.slot.ask('openStream', { leg: leg.id, terms })
    }
    await this.#goOnRecording(leg)
  }

  /** One that is closed meanwhile has nothing to go on with: whoever closes it tells of its recordings. */
  async #goOnRecording(leg: OpenLeg): Promise<void> {
    for (const { id: recordingId, ...recording } of leg.recordings.values()) {
      if (!this.#options.isOpen(leg)) return
      await leg.slot.ask('startRecording', { leg: leg.id, recordingId, ...recording })
    }
  }

  async #reopen(leg: OpenLeg, side: Side): Promise<void> {
    const before = await side.end.catch(() => undefined)
    const port = before?.port
    const untilMs = performance.now() + GIVE_UP_AFTER_MS
    for (;;) {
      if (!this.#options.isOpen(leg)) return
      try {
        const ask = { leg: leg.id, webrtc: side.webrtc, ...(port !== undefined && { port }) }
        const end = await leg.slot.ask('open', ask)
        side.end = Promise.resolve(end)
        if (end.port === undefined || end.port !== port) leg.stale = true
        return
      } catch (error) {
        if (performance.now() > untilMs) throw error
        await pause(AGAIN_AFTER_MS)
      }
    }
  }
}
