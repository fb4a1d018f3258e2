import { isIP } from 'node:net'
import type { SipMessage, SipPlace } from '../../core/ports/trace.ts'

const protocols = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const

const nowhere: SipPlace = { address: '', port: 0 }

/**
 * The SIP message in a frame of the control protocol: what a SIP server that is not ours shows of what
 * goes over the wire. Undefined for a frame without one, and for what the server made up by itself.
 */
export class FrameTrace {
  /** Our place by transport, from the names under which the server listens. */
  #places = new Map<string, SipPlace>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** `udp/192.0.2.1:5060,tcp/192.0.2.1:5060` */
  listening(endpoints: string): void {
    this.#places = new Map(
      endpoints.split(',').flatMap((each) => {
        const [, protocol = '', address = '', port = ''] =
          /^(\w+)\/\[?([\da-f.:]+)\]?:(\d+)$/i.exec(each.trim()) ?? []
        return isIP(address) === 0 ? [] : [[protocol, { address, port: Number(port) }] as const]
      }),
    )
  }

  read(frame: string): SipMessage | undefined {
    const end = frame.indexOf('\r\n')
    if (end < 0 || frame.length < end + 3) return undefined
    const fields = frame.slice(0, end).split('|')
    const [, kind] = fields
    if (kind === 'sip') {
      // a BYE that the server sent of its own accord is told like one that came
      const direction = fields[2] === 'network' ? 'in' : 'out'
      return this.#message(direction, fields.slice(4, 7), frame.slice(end + 2))
    }
    if (kind === 'response' && fields[3] === 'OK' && fields[4] === 'application') {
      return this.#message('out', fields.slice(6, 9), frame.slice(end + 2))
    }
    return undefined
  }

  #message(direction: 'in' | 'out', meta: readonly string[], text: string): SipMessage | undefined {
    const [named = '', address = '', port = '0'] = meta
    const protocol = protocols.find((one) => one === named) ?? 'udp'
    // made by the server itself: it never was on the wire
    if (direction === 'in' && isIP(address) === 0) return undefined
    const told = { address, port: Number(port) }
    const local = this.#places.get(protocol) ?? nowhere
    // of a request sent by UDP the server tells its own address: where it went is in the request-URI
    const isRequest = !text.startsWith('SIP/2.0 ')
    const isOwn = direction === 'out' && isRequest && protocol === 'udp'
    const remote = isOwn ? targetOf(text) : told
    const base = { atMs: this.#nowMs(), direction, protocol }
    return { ...base, local: isOwn ? told : local, remote, raw: byteString(text) }
  }
}

/** As far as the first Route or the request-URI names an address. */
function targetOf(text: string): SipPlace {
  const route = /\nRoute[ \t]*:[ \t]*<([^>\r\n]+)>/i.exec(text)?.[1]
  const uri = route ?? /^\S+ (\S+)/.exec(text)?.[1] ?? ''
  const host = /^sips?:(?:[^@\s]*@)?(\[[^\]]+\]|[^:;?>\s]+)(?::(\d{1,5}))?/i.exec(uri)
  const address = (host?.[1] ?? '').replace(/^\[|\]$/g, '')
  return { address: isIP(address) === 0 ? '' : address, port: Number(host?.[2] ?? 5060) }
}

/** The library reads frames as UTF-8. */
const byteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
