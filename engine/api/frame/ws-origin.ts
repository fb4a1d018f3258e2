/** The host of an origin or of a Host header, without port; undefined for what is none. */
const hostOf = (place: string): string | undefined => {
  const { hostname } = URL.parse(place) ?? {}
  return hostname === undefined || hostname === '' ? undefined : hostname
}

/**
 * Whether the page that opens a WebSocket may (RFC 6455 section 10.2): a browser names the page's origin,
 * and its user knows nothing of the connection. Who names none is no browser; a page of the host that is
 * asked is at home; others must be listed, `*` being all. The port may differ. The SIP server, which
 * shares no code with us, has the same for its own listeners.
 */
export const allowsOrigin = (
  listed: readonly string[],
  origin: string | undefined,
  host: string | undefined,
): boolean => {
  if (origin === undefined || listed.includes('*')) return true
  const from = hostOf(origin)
  if (from === undefined) return false
  return listed.includes(origin.toLowerCase()) || from === hostOf(`http://${host ?? ''}`)
}
