import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import { parseMessage } from '../message/parse.ts'
import { printMessage } from '../message/print.ts'
import { decimal } from '../message/text.ts'
import { giveUpMs } from '../timing.ts'
import { sipFrame } from '../wire/frames.ts'
import type { Dialog } from './dialog.ts'
import { endDialog } from './end.ts'
import { answerInbound, type Inbound } from './inbound.ts'

/** Reliable provisional responses of ours to one INVITE (RFC 3262). */
export interface Reliable {
  rseq: number
  /** the one that waits for its PRACK */
  outstanding: { readonly rseq: number; stop(): void } | undefined
  /** answers of the application that must not overtake it */
  readonly queue: (() => void)[]
}

const maxQueued = 10

export const wantsReliable = (frame: SipMessage): boolean =>
  frame.status > 100 && frame.status < 200 && frame.hasOption('require', '100rel')

export const peerTakesReliable = (request: SipMessage): boolean =>
  request.hasOption('supported', '100rel') || request.hasOption('require', '100rel')

/** RSeq of the next reliable provisional response. */
export const nextRseq = (context: Context, inbound: Inbound): number => {
  inbound.reliable ??= {
    rseq: context.random.below(2 ** 31 - 1),
    outstanding: undefined,
    queue: [],
  }
  inbound.reliable.rseq++
  return inbound.reliable.rseq
}

/** False if the queue is full. */
export const holdBack = (inbound: Inbound, send: () => void): boolean => {
  const queue = inbound.reliable?.queue
  if (queue === undefined || queue.length >= maxQueued) return false
  queue.push(send)
  return true
}

/** A CANCEL in the shape of one from the network: the application learns that the call is over. */
const tellOver = (context: Context, inbound: Inbound): void => {
  const { request } = inbound
  const text = printMessage({
    start: `CANCEL ${request.uri} SIP/2.0`,
    fields: [
      ['Via', request.header('via') ?? ''],
      ['From', request.header('from') ?? ''],
      ['To', request.header('to') ?? ''],
      ['Call-ID', request.callId],
      ['CSeq', `${request.cseq?.number ?? 1} CANCEL`],
      ['Reason', 'SIP;cause=504;text="PRACK timeout"'],
    ],
    body: '',
  })
  const { protocol, address, port } = inbound.peer
  inbound.app.send(
    sipFrame(context, {
      meta: { source: 'network', bytes: 0, protocol, address, port },
      txnId: inbound.id,
      dialogId: inbound.dialogId,
      text,
    }),
  )
}

/** Repeats a reliable provisional response from T1, doubling, until PRACK or 64 * T1. */
export const repeatUntilPrack = (
  context: Context,
  inbound: Inbound,
  status: number,
  text: string,
): void => {
  const { clock, timing, counters } = context
  const { reliable } = inbound
  if (reliable === undefined) return
  let cancelRepeat = (): void => undefined
  const repeat = (delayMs: number): void => {
    cancelRepeat = clock.after(delayMs, () => {
      counters.retransmitted++
      inbound.transaction.respond(status, text)
      repeat(delayMs * 2)
    })
  }
  const cancelEnd = clock.after(giveUpMs(timing), () => {
    answerInbound(context, inbound, 504)
    if (inbound.dialog !== undefined && !inbound.inDialog) endDialog(context, inbound.dialog)
    tellOver(context, inbound)
  })
  repeat(timing.t1Ms)
  reliable.outstanding = {
    rseq: decimal(parseMessage(text)?.header('rseq') ?? '') ?? 0,
    stop: () => {
      cancelRepeat()
      cancelEnd()
    },
  }
}

/** The INVITE is settled: nothing is repeated any more, held answers find it gone. */
export const dropReliable = (inbound: Inbound): void => {
  const { reliable } = inbound
  inbound.reliable = undefined
  reliable?.outstanding?.stop()
  for (const again of reliable?.queue ?? []) again()
}

/**
 * Matches a PRACK to what waits for it. Returns undefined if there is nothing (481), else a
 * function that lets what is held go once the application has seen the PRACK.
 */
export const acceptPrack = (
  context: Context,
  dialog: Dialog,
  prack: SipMessage,
): (() => void) | undefined => {
  const inbound = context.inbound.get(dialog.txnId)
  const reliable = inbound?.reliable
  const { outstanding } = reliable ?? {}
  if (reliable === undefined || outstanding === undefined) return undefined
  const [rseq = '', ...of] = (prack.header('rack') ?? '').split(/\s+/)
  const { number, method } = inbound?.request.cseq ?? {}
  const matches =
    decimal(rseq) === outstanding.rseq &&
    of.length === 2 &&
    decimal(of[0] ?? '') === number &&
    of[1] === method
  if (!matches) return undefined
  outstanding.stop()
  reliable.outstanding = undefined
  return () => {
    // one by one: the next reliable response waits for its own PRACK
    while (reliable.outstanding === undefined) {
      const next = reliable.queue.shift()
      if (next === undefined) return
      next()
    }
  }
}
