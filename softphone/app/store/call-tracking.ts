import { batch } from '@preact/signals'
import type { CallEnd, CallLike, DeviceLike } from '../../device/types.ts'
import type { CallSignals } from './call-signals.ts'
import { type CallView, type EndedCall, viewOf } from './call-view.ts'

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
  /** Shows that call. */
  follow(call: CallLike): void
}

export function createTracking(
  signals: CallSignals,
  news: CallNews,
  now: () => Date,
): CallTracking {
  const watched = new Map<string, () => void>()
  let device: DeviceLike | undefined

  const refresh = (): void => {
    const calls = device?.calls ?? []
    signals.views.value = calls.filter(({ state }) => state !== 'closed').map(viewOf)
  }
  const over = (call: CallLike, end: CallEnd): void => {
    watched.get(call.id)?.()
    watched.delete(call.id)
    const { party, displayName, direction, startedAt, answeredAt } = viewOf(call)
    const ended = { party, displayName, direction, startedAt, answeredAt, endedAt: now(), end }
    batch(() => {
      signals.forget(call.id)
      refresh()
      signals.ended.value = ended
    })
    news.onEnd(ended)
  }
  const watch = (call: CallLike): void => {
    const ends = [
      call.on('change', refresh),
      call.on('quality', (quality) => {
        signals.record(call.id, quality)
        refresh()
      }),
      call.on('transfer', (sipStatus) => news.onTransfer(viewOf(call), sipStatus)),
      call.on('disconnect', (end) => over(call, end)),
    ]
    watched.set(call.id, () => {
      for (const end of ends) end()
    })
  }
  const look = (): void => {
    for (const call of device?.calls ?? [])
      if (call.state !== 'closed' && !watched.has(call.id)) watch(call)
    refresh()
  }

  return {
    attach(next) {
      for (const end of watched.values()) end()
      watched.clear()
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
    follow(call) {
      batch(() => {
        signals.ended.value = undefined
        signals.focusedId.value = call.id
        look()
      })
    },
  }
}
