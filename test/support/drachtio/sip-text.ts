/** Plain SIP text for scripted peers: just enough parsing to react, just enough printing to speak. */
export interface PeerMessage {
  readonly raw: string
  readonly startLine: string
  /** Set for requests. */
  readonly method?: string
  readonly uri?: string
  /** Set for responses. */
  readonly status?: number
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: string
  readonly cseq: number
  readonly cseqMethod: string
  get(name: string): string | undefined
}

export function parseMessage(raw: string): PeerMessage {
  const cut = raw.indexOf('\r\n\r\n')
  const lines = (cut < 0 ? raw : raw.slice(0, cut)).split('\r\n')
  const startLine = lines[0] ?? ''
  const headers = new Map<string, string[]>()
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    const values = headers.get(name) ?? []
    values.push(line.slice(colon + 1).trim())
    headers.set(name, values)
  }
  const get = (name: string): string | undefined => headers.get(name.toLowerCase())?.[0]
  const [number, method] = (get('cseq') ?? '').split(/\s+/)
  return {
    raw,
    startLine,
    headers,
    body: cut < 0 ? '' : raw.slice(cut + 4),
    cseq: Number(number),
    cseqMethod: method ?? '',
    get,
    ...startLineParts(startLine),
  }
}

function startLineParts(line: string): { method: string; uri: string } | { status: number } {
  const status = /^SIP\/2\.0 (\d{3})/.exec(line)
  if (status) return { status: Number(status[1]) }
  const [method, uri] = line.split(' ')
  return { method: method ?? '', uri: uri ?? '' }
}

type HeaderMap = Readonly<Record<string, string | readonly string[]>>

function headerLines(headers: HeaderMap): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}`),
  )
}

function finish(lines: readonly string[], body: string, contentType: string): string {
  const type = body ? [`Content-Type: ${contentType}`] : []
  return [...lines, ...type, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

export interface ReplyParts {
  readonly tag?: string
  readonly headers?: HeaderMap
  readonly body?: string
}

/** A response to `request` with the headers that RFC 3261 section 8.2.6.2 wants copied. */
export function reply(
  request: PeerMessage,
  status: number,
  reason: string,
  parts: ReplyParts = {},
): string {
  const all = (name: string): string[] => [...(request.headers.get(name) ?? [])]
  const to = request.get('to') ?? ''
  const tagged = status > 100 && !to.includes('tag=') ? `${to};tag=${parts.tag ?? 'peertag'}` : to
  const lines = [
    `SIP/2.0 ${status} ${reason}`,
    ...all('via').map((via) => `Via: ${via}`),
    ...all('record-route').map((route) => `Record-Route: ${route}`),
    `From: ${request.get('from')}`,
    `To: ${tagged}`,
    `Call-ID: ${request.get('call-id')}`,
    `CSeq: ${request.get('cseq')}`,
    ...headerLines(parts.headers ?? {}),
  ]
  return finish(lines, parts.body ?? '', 'application/sdp')
}

export interface RequestParts {
  readonly port: number
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly branch?: string
  readonly cseq?: number
  readonly contact?: string | undefined
  readonly headers?: HeaderMap
  readonly body?: string
  readonly contentType?: string
  readonly transport?: 'UDP' | 'TCP' | 'WS'
  /** null leaves the header out. */
  readonly maxForwards?: number | null
}

let branches = 0

export function request(method: string, uri: string, parts: RequestParts): string {
  const branch = parts.branch ?? `z9hG4bKpeer${++branches}`
  const maxForwards = parts.maxForwards === undefined ? 70 : parts.maxForwards
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${parts.transport ?? 'UDP'} 127.0.0.1:${parts.port};branch=${branch}`,
    ...(maxForwards === null ? [] : [`Max-Forwards: ${maxForwards}`]),
    `From: ${parts.from}`,
    `To: ${parts.to}`,
    `Call-ID: ${parts.callId}`,
    `CSeq: ${parts.cseq ?? 1} ${method}`,
    ...(parts.contact === undefined ? [] : [`Contact: ${parts.contact}`]),
    ...headerLines(parts.headers ?? {}),
  ]
  return finish(lines, parts.body ?? '', parts.contentType ?? 'application/sdp')
}

/** The URI inside the Contact of a message, where in-dialog requests go. */
export function contactUri(message: PeerMessage): string {
  const uri = /<([^>]*)>/.exec(message.get('contact') ?? '')?.[1]
  if (uri === undefined) throw new Error(`no Contact in ${message.startLine}`)
  return uri
}

export function sdp(port = 30_000, direction = 'sendrecv', version = 1): string {
  return [
    'v=0',
    `o=- 100 ${version} IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0 101`,
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n')
}
