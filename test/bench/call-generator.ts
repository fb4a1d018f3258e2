import type { ScriptedCall } from '../support/scripted-call.ts'
import { audioPortOf, phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'
import { type CallTo, callsAtRate } from './call-load.ts'
import { answering } from './child.ts'
import { type InboundWay, inboundWays, outboundWays } from './ways.ts'

/** All phones of a SIP bench in a process of their own: they call and are called. */
export type GeneratorQuestion =
  | { readonly is: 'open'; readonly address: string }
  | { readonly is: 'server'; readonly port: number }
  /** Answers with a `LoadResult`, statuses as pairs. */
  | { readonly is: 'rate'; readonly perSecond: number; readonly seconds: number }
  /** Calls that end in all ways in turn. */
  | { readonly is: 'allWays'; readonly calls: number; readonly atOnce: number }

const from = '+61255500001'
let phone: ScriptedPhone
let port = 0

function taken(call: ScriptedCall): void {
  const { number } = call
  if (number === outboundWays.silent || Number.isNaN(audioPortOf(call.remoteSdp))) return
  if (number === outboundWays.refused) {
    call.refuse(486)
    return
  }
  call.ring()
  if (number === outboundWays.cancelled) return
  call.accept(phoneSdp(phone.address, 9))
  if (number === outboundWays.remoteBye) void call.acknowledged.then(() => call.bye())
}

const server = () => ({ address: '127.0.0.1', port })

async function callOnce(way: InboundWay): Promise<string> {
  const call = phone.call(server(), inboundWays[way], from, phoneSdp(phone.address, 9))
  if (way === 'cancelled') setTimeout(() => call.cancel(), 30)
  const status = await call.answered
  if (status === 200 && way === 'remoteBye') call.bye()
  await call.ended
  return `${way}: ${status}`
}

async function allWays(calls: number, atOnce: number): Promise<Record<string, number>> {
  const ends: Record<string, number> = {}
  const ways = Object.keys(inboundWays) as InboundWay[]
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < calls) {
      const end = await callOnce(ways[begun++ % ways.length] ?? 'remoteBye')
      ends[end] = (ends[end] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return ends
}

answering<GeneratorQuestion>(async (question) => {
  switch (question.is) {
    case 'open':
      phone = await ScriptedPhone.open({ address: question.address, onCall: taken })
      return phone.port
    case 'server':
      port = question.port
      return port
    case 'rate': {
      const to: CallTo = {
        ...{ phone, server: server(), user: inboundWays.remoteBye, from, holdMs: 0 },
      }
      const result = await callsAtRate(to, question.perSecond, question.seconds)
      return { ...result, failed: [...result.failed], repeated: phone.retransmissions }
    }
    case 'allWays':
      return allWays(question.calls, question.atOnce)
  }
})
