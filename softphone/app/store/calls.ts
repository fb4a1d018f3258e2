import type { ReadonlySignal } from '@preact/signals'
import type { CallLike, DeviceLike, Quality } from '../../device/types.ts'
import { createCallSignals } from './call-signals.ts'
import { type CallNews, createTracking, isDone } from './call-tracking.ts'
import { type CallView, type EndedCall, isUp, isWaiting, type Origin } from './call-view.ts'

/** The calls of this tab, and what can be done with them. Actions reject with the SDK's errors. */
export interface Calls {
  readonly views: ReadonlySignal<readonly CallView[]>
  readonly focused: ReadonlySignal<CallView | undefined>
  readonly waiting: ReadonlySignal<readonly CallView[]>
  /** Calls that hear each other. */
  readonly merged: ReadonlySignal<ReadonlySet<string>>
  /** The call that ended last, until it is dismissed or another begins. */
  readonly ended: ReadonlySignal<EndedCall | undefined>
  readonly history: ReadonlySignal<ReadonlyMap<string, readonly Quality[]>>
  /** The call that a consultation is for, by the consultation's id. */
  readonly consults: ReadonlySignal<ReadonlyMap<string, string>>
  attach(device: DeviceLike | undefined): void
  focus(id: string): void
  dismissEnded(): void
  /** Holds the others first. */
  place(to: string): Promise<void>
  accept(id: string, others: 'hold' | 'end'): Promise<void>
  decline(id: string): Promise<void>
  hangup(id: string): Promise<void>
  mute(id: string, muted: boolean): void
  hold(id: string, held: boolean): Promise<void>
  /** Holds what is up and goes on with that one. */
  swapTo(id: string): Promise<void>
  merge(): Promise<void>
  sendDigits(id: string, digits: string): Promise<void>
  transfer(id: string, to: string): Promise<void>
  /** Holds the call and calls somebody to ask; `completeTransfer` then joins the two. */
  consult(id: string, to: string): Promise<void>
  completeTransfer(consultationId: string): Promise<void>
  /** Goes on here with that call; one after the other. */
  takeOver(token: string, origin: Origin): Promise<void>
  streamOf(id: string): MediaStream | undefined
}

export function createCalls(news: CallNews, now: () => Date): Calls {
  const signals = createCallSignals()
  const { views, focusedId, merged, ended, consults } = signals
  const { attach, device, callOf, expect, follow } = createTracking(signals, news, now)

  const holdOthers = async (id?: string): Promise<void> => {
    const others = views.peek().filter((view) => view.id !== id && isUp(view) && !view.held)
    await Promise.all(others.map((view) => callOf(view.id).hold(true)))
  }
  const endOthers = async (id: string): Promise<void> => {
    const others = views.peek().filter((view) => view.id !== id && !isWaiting(view))
    await Promise.all(others.map((view) => callOf(view.id).hangup()))
  }
  const place = async (to: string): Promise<CallLike> => {
    await holdOthers()
    const call = await device().connect({ to })
    follow(call)
    return call
  }
  const accept: Calls['accept'] = async (id, others) => {
    await (others === 'hold' ? holdOthers(id) : endOthers(id))
    const call = callOf(id)
    follow(call)
    await call.accept()
  }
  const swapTo = async (id: string): Promise<void> => {
    await holdOthers(id)
    focusedId.value = id
    await callOf(id).hold(false)
  }
  const merge = async (): Promise<void> => {
    const up = device().calls.filter(({ state }) => state === 'open')
    await device().merge(up)
    merged.value = new Set(up.map(({ id }) => id))
  }
  const completeTransfer = async (consultationId: string): Promise<void> => {
    const first = consults.peek().get(consultationId)
    if (first === undefined) throw new Error('The first call is over.')
    const consultation = callOf(consultationId)
    const call = callOf(first)
    call.on('transfer', (sipStatus) => {
      if (isDone(sipStatus)) consultation.hangup().catch(() => undefined)
    })
    await call.transfer(consultation)
  }

  return {
    ...signals,
    ...{ attach, accept, swapTo, merge, completeTransfer },
    focus(id) {
      focusedId.value = id
    },
    dismissEnded() {
      ended.value = undefined
    },
    place: async (to) => void (await place(to)),
    decline: (id) => callOf(id).reject('decline'),
    hangup: (id) => callOf(id).hangup(),
    mute: (id, muted) => callOf(id).mute(muted),
    hold: (id, held) => callOf(id).hold(held),
    sendDigits: (id, digits) => callOf(id).sendDigits(digits),
    transfer: (id, to) => callOf(id).transfer(to),
    async consult(id, to) {
      const call = await place(to)
      consults.value = new Map([...consults.peek(), [call.id, id]])
    },
    async takeOver(token, origin) {
      expect(origin)
      follow(await device().takeOver(token))
    },
    streamOf: (id) =>
      views.peek().some((view) => view.id === id) ? callOf(id).remoteStream : undefined,
  }
}
