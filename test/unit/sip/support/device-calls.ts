import type { CallId } from '../../../../engine/core/ids.ts'
import { settle } from '../../../support/virtual-clock.ts'
import { authorization, type Bench, device, nonceOf, Received, type Sent } from './recorder.ts'

export const sdp = 'v=0\r\n'
export const withSdp = { 'content-type': 'application/sdp' }

/** Calls whose other end is a device that proved itself, and requests inside them. */
export class DeviceCalls {
  readonly #bench: Bench

  constructor(bench: Bench) {
    this.#bench = bench
    bench.devices.set('alice', device('alice', 'right'))
  }

  /** An INVITE of alice with good credentials. */
  async arrive(
    sipCallId: string,
    more: Record<string, string> = {},
    over: { protocol?: string } = {},
  ): Promise<Received> {
    const headers = {
      from: '<sip:alice@pbx>;tag=hers',
      to: '<sip:1002@pbx>',
      'call-id': sipCallId,
      contact: '<sip:alice@192.0.2.1>',
      ...withSdp,
      ...more,
    }
    const request = (all: Record<string, string>) =>
      new Received('INVITE', { uri: 'sip:1002@pbx', headers: all, body: sdp, ...over })
    const first = this.#bench.receive(request(headers))
    await settle()
    const value = authorization(nonceOf(first), { method: 'INVITE', uri: 'sip:1002@pbx' })
    const second = this.#bench.receive(request({ ...headers, authorization: value }))
    await settle()
    return second
  }

  /** A call of alice that is answered and acknowledged; our tag is `ours`. */
  async up(sipCallId: string): Promise<{ callId: CallId; dialogId: string }> {
    await this.arrive(sipCallId)
    const callId = this.#bench.calls.at(-1)!
    const dialogId = `${sipCallId};from-tag=hers`
    this.#bench.sip.accept(callId, sdp)
    this.request('ACK', dialogId, { to: '<sip:1002@pbx>;tag=ours' })
    this.#bench.heard.length = 0
    return { callId, dialogId }
  }

  request(
    method: string,
    dialogId: string,
    headers: Record<string, string> = {},
    more: { body?: string; address?: string; protocol?: string } = {},
  ): Received {
    return this.#bench.receive(new Received(method, { dialogId, headers, ...more }))
  }

  /** A call of ours to a SIP address, answered. */
  called(callId = 'call-1' as CallId): { callId: CallId; dialogId: string } {
    const target = { kind: 'uri', uri: 'sip:bob@192.0.2.7' } as const
    this.#bench.sip.invite(callId, { target, callerId: '+15005550001', offers: { rtp: sdp } })
    const sent = this.#bench.sent.at(-1)!.taken()
    sent.respond(200, { ...withSdp, to: '<sip:bob@192.0.2.7>;tag=his' }, sdp)
    this.#bench.heard.length = 0
    const tag = /tag=(.*)$/.exec(sent.out.headers['From']!)?.[1]
    return { callId, dialogId: `${sent.out.headers['Call-ID']};from-tag=${tag}` }
  }

  sent(method: string): Sent[] {
    return this.#bench.sent.filter((one) => one.out.method === method)
  }
}
