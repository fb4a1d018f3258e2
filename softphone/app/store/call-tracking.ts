import { batch } from '@preact/signals'
import type { CallEnd, CallLike, DeviceLike, Quality } from '../../device/types.ts'
import type { CallSignals } from './call-signals.ts'
import { type CallView, type EndedCall, type Origin, viewOf } from './call-view.ts'

/** Told what the page then says. */
export interface CallNews {
  onEnd(ended: EndedCall): void
  onTransfer(view: CallView, sipStatus: number): void
}

/** Keeps the signals true to the calls of a device. */
export interface CallTracking {
  /** From now on the calls of that device; undefined: none. */
  attach(device: DeviceLike | undefined): void
  /** The device, or an error when there is none. */
  device(): DeviceLike
  callOf(id: string): CallLike
  /** The next call that begins here is that one. */
  expect(origin: Origin): void
  /** Shows that call. */
  follow(call: CallLike): void
}

export function createTracking(
  signals: CallSignals,
  news: CallNews,
  now: () => Date,
): CallTracking {
  const watched = new Map<string, readonly (() => void)[]>()
  const origins = new Map<string, Origin>()
  let expected: Origin | undefined
  let device: DeviceLike | undefined

  const view = (call: CallLike): CallView => viewOf(call, origins.get(call.id))

  const unwatch = (id: string): void => {
    for (const end of watched.get(id) ?? []) end()
    watched.delete(id)
  }
  const live = () => (device?.calls ?? []).filter(({ state }) => state !== 'closed')
  const refresh = (): void => {
    signals.views.value = live().map(view)
  }
  const over = (call: CallLike, end: CallEnd): void => {
    unwatch(call.id)
    const { party, displayName, direction, startedAt, answeredAt } = view(call)
    const ended = { party, displayName, direction, startedAt, answeredAt, endedAt: now(), end }
    batch(() => {
      signals.forget(call.id)
      origins.delete(call.id)
      refresh()
      signals.ended.value = ended
    })
    news.onEnd(ended)
  }
  const watch = (call: CallLike): void => {
    if (expected !== undefined && call.direction === 'outgoing') {
      origins.set(call.id, expected)
      expected = undefined
    }
    const told: Told = {
      change: refresh,
      over: (end) => over(call, end),
      quality: (quality) => {
        signals.record(call.id, quality)
        refresh()
      },
      transfer: (sipStatus) => news.onTransfer(view(call), sipStatus),
    }
    watched.set(call.id, listen(call, told))
  }
  const look = (): void => {
    for (const call of live()) if (!watched.has(call.id)) watch(call)
    refresh()
  }

  return {
    attach(next) {
      for (const id of watched.keys()) unwatch(id)
      device = next
      next?.on('calls', look)
      look()
    },
    device() {
      if (device === undefined) throw new Error('The phone is not connected.')
      return device
    },
    callOf(id) {
      const call = device?.calls.find((each) => each.id === id)
      if (call === undefined) throw new Error('The call is over.')
      return call
    },
    expect(origin) {
      expected = origin
    },
    follow(call) {
      batch(() => {
        signals.ended.value = undefined
        signals.focusedId.value = call.id
        look()
      })
    },
  }
}

interface Told {
  change(): void
  quality(quality: Quality): void
  transfer(sipStatus: number): void
  over(end: CallEnd): void
}

/** Whether a transfer came about: who asked for it then ends its own part (RFC 5589 section 6.1). */
export const isDone = (sipStatus: number): boolean => sipStatus >= 200 && sipStatus < 300

/** Listens to a call; what comes back ends that. */
const listen = (call: CallLike, told: Told): readonly (() => void)[] => [
  call.on('change', told.change),
  call.on('quality', told.quality),
  call.on('disconnect', told.over),
  call.on('transfer', (sipStatus) => {
    told.transfer(sipStatus)
    if (isDone(sipStatus)) call.hangup().catch(() => undefined)
  }),
]
