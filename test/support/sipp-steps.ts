/** What a sipp scenario consists of. Each step is XML; `flow` makes a scenario of them. */

interface Message {
  /** Header lines besides those that every message needs. */
  readonly headers?: readonly string[]
  /** SDP or text; its kind is known by how it begins. */
  readonly body?: string
  /** In place of our own. */
  readonly contact?: string
}

/** G.711 at a port where nobody listens: these flows are about SIP. */
export const sdp = (direction = 'sendrecv', version = 1): string =>
  [
    'v=0',
    `o=sipp 1 ${version} IN IP4 [local_ip]`,
    ...['s=-', 'c=IN IP4 [local_ip]', 't=0 0', 'm=audio 40000 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000'],
    `a=${direction}`,
    '',
  ].join('\n')

const printed = (lines: readonly string[], { headers = [], body }: Message): string => {
  const type = body?.startsWith('v=0') ? 'application/sdp' : 'text/plain'
  const kind = headers.some((line) => line.startsWith('Content-Type:'))
    ? []
    : [`Content-Type: ${type}`]
  const rest =
    body === undefined
      ? ['Content-Length: 0', '', '']
      : [...kind, 'Content-Length: [len]', '', body]
  return `<![CDATA[\n${[...lines, ...headers, ...rest].join('\n')}]]>`
}
const contact = 'Contact: <sip:[local_ip]:[local_port];transport=[transport]>'
const via = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]'

/** Checks of a message that has come: a header with its colon, or `body`, and a regular expression. */
export type Check = readonly [where: string, pattern: string]

const checked = (checks: readonly Check[]): string =>
  checks
    .map(([where, pattern]) => {
      const place = where === 'body' ? 'search_in="body"' : `search_in="hdr" header="${where}"`
      return `<ereg regexp="${pattern}" ${place} check_it="true" assign_to="9"/>`
    })
    .join('')

const action = (checks: readonly Check[], more = ''): string =>
  checks.length === 0 && more === '' ? '' : `<action>${more}${checked(checks)}</action>`

/** Waits for a request, for at most `withinMs`. */
export const request = (method: string, checks: readonly Check[] = [], withinMs = 40_000): string =>
  `<recv request="${method}" timeout="${withinMs}" rrs="true">${action(checks)}</recv>`

/** Waits for a call, and keeps the ends of its dialog. */
export const called = (checks: readonly Check[] = []): string =>
  `<recv request="INVITE" rrs="true">${action(
    checks,
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/><ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/>',
  )}</recv>`

export const response = (status: number, checks: readonly Check[] = []): string =>
  `<recv response="${status}" rrs="true" timeout="40000">${action(checks)}</recv>`

export const maybe = (status: number): string => `<recv response="${status}" optional="true"/>`

/** To the request that has come last. `200 OK` */
export const reply = (status: string, message: Message = {}): string =>
  `<send>${printed(
    [
      `SIP/2.0 ${status}`,
      ...['[last_Via:]', '[last_From:]', '[last_To:];tag=[pid]s[call_number]', '[last_Call-ID:]'],
      ...['[last_CSeq:]', message.contact ?? contact],
    ],
    message,
  )}</send>`

/** The same, in a dialog that is there. */
export const replyInside = (status: string, message: Message = {}): string =>
  reply(status, message).replace(';tag=[pid]s[call_number]', '')

/** A call as by `called`, which is answered by `replyToInvite` when other requests have come since. */
export const calledAtLength = (checks: readonly Check[] = []): string =>
  called(checks).replace(
    '<action>',
    '<action><ereg regexp=".*" search_in="hdr" header="Via:" assign_to="3"/>',
  )
export const replyToInvite = (status: string, message: Message = {}): string =>
  `<send>${printed(
    [
      ...[`SIP/2.0 ${status}`, 'Via: [$3]', 'From: [$1]', 'To: [$2];tag=[pid]s[call_number]'],
      ...['[last_Call-ID:]', 'CSeq: 1 INVITE', message.contact ?? contact],
    ],
    message,
  )}</send>`

/** To a CANCEL that has come last: 200, and 487 to the INVITE. */
export const canceled = (): string =>
  reply('200 OK') + reply('487 Request Terminated').replace('[last_CSeq:]', 'CSeq: 1 INVITE')

/** A request of the side that was called. */
export const callee = (method: string, cseq: number, message: Message = {}): string =>
  `<send retrans="500">${printed(
    [
      `${method} [next_url] SIP/2.0`,
      ...[via, 'From: [$2];tag=[pid]s[call_number]', 'To: [$1]', '[last_Call-ID:]'],
      ...[`CSeq: ${cseq} ${method}`, contact, 'Max-Forwards: 70'],
    ],
    message,
  )}</send>`

/** Requests of the side that calls, outside a dialog and inside; `from` and `to` are users. */
export function caller(from: string, to: string) {
  const uri = `sip:${to}@[remote_ip]:[remote_port]`
  const common = (method: string, cseq: number) => [
    `From: <sip:${from}@[remote_ip]>;tag=[pid]c[call_number]`,
    ...['Call-ID: [call_id]', `CSeq: ${cseq} ${method}`, contact, 'Max-Forwards: 70'],
  ]
  const sent = (lines: readonly string[], message: Message, again = true) =>
    `<send${again ? ' retrans="500"' : ''}>${printed(lines, message)}</send>`
  return {
    outside: (method: string, cseq: number, message: Message = {}) =>
      sent([`${method} ${uri} SIP/2.0`, via, `To: <${uri}>`, ...common(method, cseq)], message),
    inside: (method: string, cseq: number, message: Message = {}) =>
      sent(
        [
          `${method} [next_url] SIP/2.0`,
          ...[via, `To: <${uri}>[peer_tag_param]`, ...common(method, cseq)],
        ],
        message,
      ),
    /** To a final answer that is none of success. */
    ackRefusal: (cseq: number) =>
      sent([`ACK ${uri} SIP/2.0`, '[last_Via:]', '[last_To:]', ...common('ACK', cseq)], {}, false),
    ack: (cseq: number) =>
      sent(
        [
          'ACK [next_url] SIP/2.0',
          ...[via, `To: <${uri}>[peer_tag_param]`, ...common('ACK', cseq)],
        ],
        {},
        false,
      ),
  }
}

export const pause = (milliseconds: number): string => `<pause milliseconds="${milliseconds}"/>`

export const flow = (...steps: string[]): string => `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="flow">
${steps.join('\n')}
<nop><action><assignstr assign_to="1" value=""/><assignstr assign_to="2" value=""/><assignstr assign_to="9" value=""/></action></nop>
<Reference variables="1,2,9"/>
</scenario>
`
