/** A server without sockets on a virtual clock: one application, one peer at 192.0.2.1, every message timed. */
import { contained } from '../../../engine/sip-server/contained.ts'
import type { Context } from '../../../engine/sip-server/context.ts'
import { newCounters } from '../../../engine/sip-server/counters.ts'
import { DialogStore } from '../../../engine/sip-server/dialog/dialog.ts'
import { takeRequest } from '../../../engine/sip-server/dialog/incoming.ts'
import { RegisteredFlows } from '../../../engine/sip-server/dialog/registered-flows.ts'
import { takeAck } from '../../../engine/sip-server/dialog/uas.ts'
import { defaultTiming, parseMessage, type SipMessage } from '../../../engine/sip-server/index.ts'
import { PassingCalls } from '../../../engine/sip-server/proxy/passing.ts'
import type { Random } from '../../../engine/sip-server/random.ts'
import { TransactionLayer } from '../../../engine/sip-server/transaction/layer.ts'
import type { Peer, Target } from '../../../engine/sip-server/transport/peer.ts'
import type { Transports } from '../../../engine/sip-server/transport/transports.ts'
import { AppRegistry } from '../../../engine/sip-server/wire/apps.ts'
import { type Caller, perform } from '../../../engine/sip-server/wire/commands.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

export interface Said {
  readonly atS: number
  readonly to: string
  readonly message: SipMessage
}

/** Chance that repeats itself (a linear congruential generator). */
export const seededRandom = (seed: number): Random => {
  let state = seed
  let serial = 0
  return {
    below: (limit) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * limit)
    },
    token: (chars) => `t${seed}s${serial++}`.padEnd(chars, 'x'),
    uuid: () => `u${serial++}`,
  }
}

const place = '192.0.2.9:5060'

class SimApp implements Caller {
  readonly id = 1
  readonly open: boolean = true
  readonly authenticated = true
  readonly verbs = new Set<string>()
  readonly frames: string[] = []
  send(payload: string): void {
    this.frames.push(payload.slice(payload.indexOf('|') + 1))
  }
  refuse(payload: string): void {
    this.send(payload)
  }
  admit(): void {}
}

export interface Parts {
  readonly seq?: number
  readonly to?: string
  readonly from?: string
  readonly branch?: string
  readonly uri?: string
  readonly contact?: string
  readonly fields?: readonly string[]
  readonly body?: string
}

export class Sim {
  readonly clock: VirtualClock
  readonly context: Context
  readonly said: Said[] = []
  readonly faults: unknown[] = []
  /** where the server's messages go beside `said` */
  wire: (text: string) => void = () => undefined
  readonly #app = new SimApp()
  readonly #apps = new AppRegistry()
  readonly #startMs: number
  #serial = 0

  constructor(seed = 1, clock = new VirtualClock()) {
    this.clock = clock
    this.#startMs = clock.nowMs()
    const counters = newCounters()
    const contain = contained(counters, (event) => this.faults.push(event))
    const base = {
      clock: this.clock,
      random: seededRandom(seed),
      timing: defaultTiming,
      counters,
      log: () => undefined,
      contain,
    }
    const send = (target: Target, text: string): void => this.#hear(target, text)
    const transactions = new TransactionLayer(
      { ...base, send },
      {
        request: (transaction, request, peer) =>
          takeRequest(this.context, transaction, request, peer),
        ack: (message, peer) => takeAck(this.context, message, peer),
      },
    )
    this.context = {
      ...base,
      transports: {
        protocols: ['udp', 'tcp'],
        listening: ['udp'],
        contactAddress: () => place,
        socketAddress: () => '192.0.2.9',
        portOf: () => 5060,
        isOwn: (host: string, port: number) => `${host}:${port}` === place,
        send,
        probe: () => () => undefined,
        unanswered: () => undefined,
        names: {
          ways: (target: Target, _callId: string, done: (ways: readonly Target[]) => void) =>
            done([target]),
          failed: () => undefined,
          answered: () => undefined,
          challenged: () => undefined,
        },
      } as unknown as Transports,
      transactions,
      apps: this.#apps,
      offered: new Set(),
      inbound: new Map(),
      outbound: new Map(),
      subscribing: new Map(),
      dialogs: new DialogStore(),
      registered: new RegisteredFlows(this.clock, () => {}),
      passing: new PassingCalls(this.clock),
      guard: undefined,
      showsTrying: false,
    } as Context
    const verbs = ['invite', 'options', 'message', 'publish', 'subscribe', 'notify', 'refer']
    for (const verb of verbs) this.#apps.add(verb, this.#app)
  }

  /** Frames for the application, oldest first; each is taken once. */
  get frames(): string[] {
    return this.#app.frames
  }
  /** Seconds since the start. */
  get nowS(): number {
    return (this.clock.nowMs() - this.#startMs) / 1000
  }
  get idle(): boolean {
    const { transactions, dialogs, inbound, outbound } = this.context
    const { client, server } = transactions.count
    return client + server + dialogs.size + inbound.size + outbound.size === 0
  }

  wait(seconds: number): Promise<void> {
    return this.clock.advance(Math.round(seconds * 1000))
  }

  /** A frame of the application, without its id. Returns the answer to it. */
  app(payload: string): string {
    const id = `f${this.#serial++}`
    const control = { sip: this.context, apps: this.#apps, secret: '', hostports: () => '' }
    perform(control, this.#app, `${id}|${payload}`)
    return this.take(`response|${id}|`)
  }
  /** The application answers a request that it was shown. */
  respond(frame: string, status: number, fields: readonly string[] = [], body = ''): string {
    const lines = [`SIP/2.0 ${status} Test`, ...fields, '', body]
    return this.app(`sip|${fieldOf(frame, 7)}|\r\n${lines.join('\r\n')}`)
  }
  /** The application sends a request in a dialog. */
  inDialog(dialogId: string, method: string, fields: readonly string[] = [], body = ''): string {
    const lines = [`${method} sip:placeholder SIP/2.0`, ...fields, '', body]
    return this.app(`sip||${dialogId}\r\n${lines.join('\r\n')}`)
  }
  /** Takes the first frame that begins or goes on like that; an empty text if there is none. */
  take(start: string, holds = ''): string {
    const index = this.frames.findIndex((each) => each.startsWith(start) && each.includes(holds))
    return index < 0 ? '' : (this.frames.splice(index, 1)[0] ?? '')
  }
  /** Takes the request or response that the application was shown. */
  shown(start: string): string {
    return this.take('sip|', `\r\n${start}`)
  }

  /** The peer's text reaches the server. */
  hear(text: string, more: Partial<Peer> = {}): void {
    const peer: Peer = { protocol: 'udp', address: '192.0.2.1', port: 5060, ...more }
    this.context.contain(() => this.context.transactions.received(text, peer))
  }
  request(method: string, callId: string, parts: Parts = {}): void {
    const { seq = 1, to = '<sip:b@192.0.2.9>', from = '<sip:a@192.0.2.1>;tag=peer' } = parts
    const { fields = [], body = '', contact = '<sip:a@192.0.2.1>' } = parts
    const branch = parts.branch ?? `z9hG4bK${method}${callId}${seq}`
    this.hear(
      [
        `${method} ${parts.uri ?? 'sip:b@192.0.2.9'} SIP/2.0`,
        `Via: SIP/2.0/UDP 192.0.2.1;branch=${branch}`,
        `From: ${from}`,
        `To: ${to}`,
        `Call-ID: ${callId}`,
        `CSeq: ${seq} ${method}`,
        `Contact: ${contact}`,
        ...fields,
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    )
  }
  /** The peer answers a request of the server's. */
  answer(request: SipMessage, status: number, parts: Parts & { readonly tag?: string } = {}): void {
    const { fields = [], contact = '<sip:b@192.0.2.1>', tag = 'callee' } = parts
    const to = request.header('to') ?? ''
    this.hear(
      [
        `SIP/2.0 ${status} Test`,
        ...request.headers('via').map((via) => `Via: ${via}`),
        `From: ${request.header('from')}`,
        `To: ${request.toTag === undefined ? `${to};tag=${tag}` : to}`,
        `Call-ID: ${request.callId}`,
        `CSeq: ${request.header('cseq')}`,
        `Contact: ${contact}`,
        ...fields,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
  }

  /** What the server said with that start, e.g. `SIP/2.0 200` or `BYE`. */
  heard(start: string): Said[] {
    return this.said.filter(({ message }) => message.text.startsWith(start))
  }
  last(start: string): SipMessage {
    const found = this.heard(start).at(-1)
    if (found === undefined) throw new Error(`the server never said ${start}`)
    return found.message
  }
  times(start: string): number[] {
    return this.heard(start).map(({ atS }) => atS)
  }

  /** A call from the peer, answered and acknowledged. */
  callIn(callId: string, parts: Parts = {}, answer: readonly string[] = []): Call {
    this.request('INVITE', callId, parts)
    this.respond(this.shown('INVITE'), 200, answer)
    const ok = this.last('SIP/2.0 200')
    this.request('ACK', callId, { to: ok.header('to') ?? '' })
    this.shown('ACK')
    const to = ok.header('to') ?? ''
    const inside = { to, from: '<sip:a@192.0.2.1>;tag=peer' }
    return { dialogId: `${callId};from-tag=peer`, callId, to, inside }
  }
  /** A call to the peer, answered and acknowledged. */
  callOut(fields: readonly string[] = [], answer: Parts = {}): Call {
    const lines = ['INVITE sip:b@192.0.2.1 SIP/2.0', ...fields, '', '']
    this.app(`sip||\r\n${lines.join('\r\n')}`)
    const invite = this.last('INVITE')
    this.answer(invite, 200, answer)
    const dialogId = fieldOf(this.shown('SIP/2.0 200'), 8)
    this.inDialog(dialogId, 'ACK')
    const to = invite.header('from') ?? ''
    const inside = { to, from: `${invite.header('to')};tag=callee` }
    return { dialogId, callId: invite.callId, to, inside }
  }

  #hear(target: Target, text: string): void {
    const message = parseMessage(text)
    if (message === undefined) throw new Error(`the server wrote nonsense: ${text}`)
    this.said.push({ atS: this.nowS, to: `${target.host}:${target.port}`, message })
    this.wire(text)
  }
}

export interface Call {
  readonly dialogId: string
  readonly callId: string
  /** the To of the peer's requests in the dialog */
  readonly to: string
  /** To and From of them */
  readonly inside: { readonly to: string; readonly from: string }
}

/** A field of a frame's first line. */
export const fieldOf = (frame: string, index: number): string =>
  frame.split('\r\n', 1)[0]?.split('|')[index] ?? ''
