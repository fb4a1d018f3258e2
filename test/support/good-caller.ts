import { authorize, Caller, type Login } from '../loop/sip/support/caller.ts'
import { type Message, type Peer, sdp } from '../loop/sip/support/peer.ts'

/** What a phone does when its INVITE stays without an answer (RFC 3261 section 17.1.1.2). */
const repeatAtMs = [500, 1500, 3500, 7500]

export interface GoodCall {
  readonly status: number
  /** From the first INVITE, which is challenged, to the final answer. */
  readonly setupMs: number
}

/**
 * A phone of good manners that calls and hangs up again. Each call is challenged anew; lost requests are
 * repeated, as any phone would.
 */
export async function goodCall(
  peer: Peer,
  serverPort: number,
  login: Login,
  callee: string,
): Promise<GoodCall> {
  const uri = `sip:${callee}@127.0.0.1:${serverPort}`
  const caller = new Caller(peer, { from: `sip:${login.username}@127.0.0.1`, to: uri })
  const startMs = performance.now()
  const ask = async (headers: [string, string][]): Promise<Message> => {
    const sent: string[] = []
    const send = peer.send.bind(peer)
    peer.send = (text) => {
      sent.push(text)
      send(text)
    }
    caller.request('INVITE', { uri, headers, body: sdp() })
    peer.send = send
    const timers = repeatAtMs.map((ms) => setTimeout(() => send(sent[0] ?? ''), ms))
    // an answer to the request before may come again
    const cseq = /^CSeq: (.*?)\r$/m.exec(sent[0] ?? '')?.[1]
    const mine = ({ status = 0, headers: their }: Message): boolean =>
      status >= 200 && their['call-id'] === caller.callId && their['cseq'] === cseq
    try {
      return await peer.expect(mine, 10_000)
    } finally {
      for (const timer of timers) clearTimeout(timer)
    }
  }
  const challenge = await ask([])
  caller.ackFailure(challenge)
  const authorization = authorize(challenge, 'INVITE', uri, login)
  const answer = await ask([['Authorization', authorization]])
  const result = { status: answer.status ?? 0, setupMs: performance.now() - startMs }
  if (result.status !== 200) {
    caller.ackFailure(answer)
    return result
  }
  caller.ack(answer)
  caller.request('BYE')
  const isOver = ({ status = 0, headers }: Message): boolean =>
    status >= 200 && headers['call-id'] === caller.callId && /BYE/.test(headers['cseq'] ?? '')
  await peer.expect(isOver, 10_000)
  return result
}
