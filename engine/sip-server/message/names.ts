/**
 * Header names: RFC 3261 section 7.3.3 compact forms and the spelling that we print.
 * A field is found by its lower-case long name (its key), whatever form the peer wrote.
 */
const spellings = [
  'Accept',
  'Accept-Contact',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Authentication-Info',
  'Authorization',
  'Call-ID',
  'Call-Info',
  'Contact',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Date',
  'Diversion',
  'Error-Info',
  'Event',
  'Expires',
  'From',
  'Geolocation',
  'History-Info',
  'Identity',
  'In-Reply-To',
  'Info-Package',
  'Join',
  'Max-Forwards',
  'MIME-Version',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Path',
  'Priority',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Recv-Info',
  'Refer-Sub',
  'Refer-To',
  'Referred-By',
  'Reject-Contact',
  'Remote-Party-ID',
  'Replaces',
  'Reply-To',
  'Request-Disposition',
  'Require',
  'Retry-After',
  'Route',
  'RSeq',
  'Server',
  'Service-Route',
  'Session-Expires',
  'SIP-ETag',
  'SIP-If-Match',
  'Subject',
  'Subscription-State',
  'Supported',
  'Timestamp',
  'To',
  'Unsupported',
  'User-Agent',
  'Via',
  'Warning',
  'WWW-Authenticate',
] as const

const compactForms: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

const keys = new Map<string, string>()
const printed = new Map<string, string>()
for (const spelling of spellings) {
  const key = spelling.toLowerCase()
  keys.set(spelling, key)
  keys.set(key, key)
  printed.set(key, spelling)
}
for (const [short, key] of Object.entries(compactForms)) {
  keys.set(short, key)
  keys.set(short.toUpperCase(), key)
}

/** The lower-case long name under which a field is looked up. */
export const keyOf = (name: string): string => {
  const known = keys.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  return compactForms[lower] ?? lower
}

/** The name as we print it: known names canonically, X-... untouched, others capitalised. */
export const printedName = (name: string): string => {
  const known = printed.get(keyOf(name))
  if (known !== undefined) return known
  if (/^x-/i.test(name)) return name
  return name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('-')
}
