import type { Closers } from '../app/closing.ts'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/ports/observe.ts'
import type { DialogClaims, SipMessage, SipTrace } from '../core/ports/trace.ts'
import { HepSender, type MetricsPage, SipTraceStore } from '../observe/index.ts'
import type { WireBatch } from '../sip-server/index.ts'
import { clock } from './clock.ts'

type Take = (batch: WireBatch) => void

/** What becomes of the SIP messages on the wire. */
export interface Trace {
  /** For the API. */
  readonly calls: SipTrace
  /** For the SIP side; undefined when nothing is kept. */
  readonly claims: DialogClaims | undefined
  /** Undefined when nobody wants messages; `scope` says which ones. */
  readonly tap:
    | { readonly scope: 'calls' | 'all'; record(message: SipMessage): void; readonly take: Take }
    | undefined
}

const nothingKept: SipTrace = { isOn: false, ofCall: () => undefined }

export function openTrace(config: Config, closers: Closers, log: Log, metrics: MetricsPage): Trace {
  const store = config.sipTrace ? new SipTraceStore() : undefined
  const hep = openHep(config, closers, log, metrics)
  const calls = store ?? nothingKept
  if (store === undefined && hep === undefined) return { calls, claims: store, tap: undefined }
  let lost = 0
  const figures = [
    ['sip_trace_bytes', 'About what the trace of SIP messages takes', () => store?.bytes ?? 0],
    ['sip_trace_lost', 'Messages that the trace was too slow for, since the start', () => lost],
  ] as const
  for (const [name, help, read] of figures) metrics.gauge(name, help, read)
  const record = (message: SipMessage): void => {
    store?.record(message)
    hep?.send(message)
  }
  const take: Take = (batch) => {
    lost += batch.lost
    for (const one of batch.messages) record(messageOf(one))
  }
  return { calls, claims: store, tap: { scope: hep ? 'all' : 'calls', record, take } }
}

function openHep(
  { hep, secrets }: Config,
  closers: Closers,
  log: Log,
  metrics: MetricsPage,
): HepSender | undefined {
  if (hep === undefined) return undefined
  const sender = new HepSender({ ...hep, password: secrets.hepPassword }, clock, log)
  closers.add(() => sender.close())
  metrics.gauge('hep_sent', 'HEP packets sent, since the start', () => sender.sent)
  metrics.gauge('hep_errors', 'HEP packets not sent, since the start', () => sender.errors)
  metrics.gauge('hep_cut', 'HEP packets with messages that did not fit', () => sender.cut)
  return sender
}

function messageOf([
  atMs,
  sent,
  protocol,
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
  raw,
]: WireBatch['messages'][number]): SipMessage {
  return {
    atMs,
    direction: sent ? 'out' : 'in',
    protocol,
    local: { address: localAddress, port: localPort },
    remote: { address: remoteAddress, port: remotePort },
    raw,
  }
}
