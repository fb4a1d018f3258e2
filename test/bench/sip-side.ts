import { randomBytes, randomUUID } from 'node:crypto'
import { clock } from '../../engine/compose/clock.ts'
import type { CallId, TrunkId } from '../../engine/core/ids.ts'
import type { GuardCommand } from '../../engine/core/ports/bans.ts'
import type { Log } from '../../engine/core/ports/observe.ts'
import type { SipEvents, TrunkRecord } from '../../engine/core/ports/sip.ts'
import { SipTraceStore } from '../../engine/observe/index.ts'
import { BanList } from '../../engine/sip/auth/bans.ts'
import { type RunningSip, startSip } from '../../engine/sip/index.ts'
import {
  type SipServerOptions,
  startInWorker,
  type WireBatch,
  type WorkerSipServer,
} from '../../engine/sip-server/index.ts'
import { phoneSdp } from '../support/scripted-phone.ts'
import { answering } from './child.ts'
import { inboundWays, type OutboundWay, outboundWays } from './ways.ts'

/**
 * The SIP half of an engine in a process of its own, set up as the engine does it: the embedded server in a
 * thread, with its guard and its trace, and the SIP application. In the place of calls, media and database
 * stands what the called user part says.
 */
export type SipSideQuestion =
  | {
      readonly is: 'open'
      readonly trunk: { readonly host: string; readonly port: number }
      readonly tls?: SipServerOptions['tls']
      /** Of all traced messages; default: as in the engine. */
      readonly traceBytes?: number
    }
  /** Outbound calls, so many side by side, that end in all ways in turn. */
  | { readonly is: 'callOut'; readonly calls: number; readonly atOnce: number }
  | { readonly is: 'left' }

export interface SipSidePorts {
  readonly sipPort: number
  readonly tlsPort: number
  readonly wsPort: number
}

/** What is not over yet. */
export interface SipSideLeft {
  readonly legs: number
  readonly dialogs: number
  readonly serverDialogs: number
  readonly transactions: number
  readonly requests: number
  readonly connections: number
}

const log: Log = {
  debug: () => {},
  info: () => {},
  warn: (message, fields) => console.error(message, fields),
  error: (message, fields) => console.error(message, fields),
  child: () => log,
}
const sdp = phoneSdp('127.0.0.1', 4_000)
let traces = new SipTraceStore()
/** Outbound calls that are not over: what to do when they are. */
const pending = new Map<CallId, { readonly way: OutboundWay; over(status: string): void }>()
let server: WorkerSipServer
let sip: RunningSip
let trunk: TrunkRecord

const keep = ({ messages }: WireBatch): void => {
  for (const [atMs, sent, protocol, address, port, toAddress, toPort, raw] of messages) {
    const [local, remote] = [
      { address, port },
      { address: toAddress, port: toPort },
    ]
    traces.record({ atMs, direction: sent ? 'out' : 'in', protocol, local, remote, raw })
  }
}

const over = (callId: CallId, how: string): void => {
  const call = pending.get(callId)
  pending.delete(callId)
  call?.over(how)
}

const unexpected = async (): Promise<never> => {
  throw new Error('not part of a bench')
}

const events: SipEvents = {
  incoming: ({ callId, to }) => {
    if (to === inboundWays.refused) {
      sip.reject(callId, 486)
      return
    }
    sip.progress(callId, 180)
    if (to === inboundWays.cancelled) return
    sip.accept(callId, sdp)
    if (to === inboundWays.localBye) setTimeout(() => sip.bye(callId), 20)
  },
  progress: (callId) => {
    if (pending.get(callId)?.way !== 'cancelled') return
    sip.cancel(callId)
    over(callId, 'cancelled')
  },
  answered: (callId) => {
    if (pending.get(callId)?.way !== 'localBye') return
    sip.bye(callId)
    over(callId, 'local BYE')
  },
  rejected: (callId, status) => over(callId, String(status)),
  remoteHangup: (callId) => over(callId, 'remote BYE'),
  lateAnswer: () => {},
  remoteCancel: () => {},
  message: async () => 404,
  infoDigit: () => {},
  renegotiate: unexpected,
  transferWished: unexpected,
  referProgress: () => {},
  trunkChanged: () => {},
  deviceRegistered: () => {},
  deviceUnregistered: () => {},
  addressLocked: () => {},
}

async function open(
  at: { readonly host: string; readonly port: number },
  tls: SipServerOptions['tls'],
): Promise<SipSidePorts> {
  trunk = {
    ...{ id: randomUUID() as TrunkId, name: 'bench', transport: 'udp', enabled: true },
    ...at,
    ...{ username: null, password: null, defaultCallerId: null, prefixes: [] },
    ...{ priority: 1, weight: 1, maxCalls: null, maxCallsPerSecond: null },
  }
  const secret = randomBytes(16).toString('hex')
  server = await startInWorker({
    ...{ host: '127.0.0.1', port: 0, transports: ['udp', 'tcp'], showsTrying: true },
    ...{ controlHost: '127.0.0.1', controlPort: 0, secret },
    ws: { port: 0, relayToken: 'bench' },
    ...(tls === undefined ? {} : { tls }),
    traced: { scope: 'calls', take: keep },
    guard: { never: [] },
  })
  const bans = new BanList({
    ...{ clock, log, never: [] },
    tell: (command: GuardCommand) => server.guard(command),
  })
  sip = await startSip(
    {
      control: { host: '127.0.0.1', port: server.controlPort, secret },
      ...{ realm: 'bench', publicAddress: `127.0.0.1:${server.sipPort}` },
      devices: { byUsername: async () => undefined },
      registrations: { save: async () => {}, remove: async () => {}, all: async () => [] },
      trunks: async () => [trunk],
      ...{ clock, log, bans, ids: { uuid: randomUUID }, seesTrying: true, connectionsEnd: true },
      trace: { claim: (callId, dialog) => traces.claim(callId, dialog) },
    },
    events,
  )
  const { sipPort, tlsPort, wsPort } = server
  return { sipPort, tlsPort, wsPort }
}

function callOnce(way: OutboundWay): Promise<string> {
  const callId = randomUUID() as CallId
  return new Promise((resolve) => {
    pending.set(callId, { way, over: resolve })
    sip.invite(callId, {
      target:
        way === 'unreachable'
          ? { kind: 'uri', uri: 'sip:nobody@127.0.0.9:9;transport=tcp' }
          : { kind: 'trunk', trunk, number: outboundWays[way] },
      ...{ callerId: '+61255500001', offers: { rtp: sdp } },
      ...(way === 'silent' ? { tryingWithinMs: 100 } : {}),
    })
  })
}

/** How the calls ended, each with how often. */
async function callOut(calls: number, atOnce: number): Promise<Record<string, number>> {
  const ends: Record<string, number> = {}
  const ways = Object.keys(outboundWays) as OutboundWay[]
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < calls) {
      const way = ways[begun++ % ways.length] ?? 'localBye'
      const end = `${way}: ${await callOnce(way)}`
      ends[end] = (ends[end] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return ends
}

async function left(): Promise<SipSideLeft> {
  const { transactions, dialogs, inbound, outbound, tcpConnections } = await server.stats()
  const own = sip.counts()
  return {
    ...{ legs: own.legs, dialogs: own.dialogs, serverDialogs: dialogs },
    transactions: transactions.client + transactions.server,
    requests: inbound + outbound,
    connections: tcpConnections,
  }
}

answering<SipSideQuestion>(
  async (question) => {
    switch (question.is) {
      case 'open':
        if (question.traceBytes !== undefined) {
          traces = new SipTraceStore({ totalBytes: question.traceBytes })
        }
        return open(question.trunk, question.tls)
      case 'callOut':
        return callOut(question.calls, question.atOnce)
      case 'left':
        return left()
    }
  },
  async () => {
    await sip.close()
    await server.close()
  },
)
