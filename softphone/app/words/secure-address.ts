/**
 * Where this page is by HTTPS, by what `/page-settings.json` says: the address that clients are told, or our own
 * host at another port. Undefined: nowhere.
 */
export function secureAddress(settings: unknown, hostname: string): string | undefined {
  if (typeof settings !== 'object' || settings === null) return undefined
  const { https_url: url, https_port: port } = settings as Readonly<Record<string, unknown>>
  if (typeof url === 'string' && url.startsWith('https://')) return `${url}/`
  return Number.isInteger(port) ? `https://${hostname}:${port}/` : undefined
}
