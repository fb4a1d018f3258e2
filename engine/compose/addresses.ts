import type { Config } from '../config/index.ts'

/** Where clients reach the page and the API, without a slash at the end. */
export function pageUrl({ http, publicAddress, publicUrl }: Config, port: number): string {
  if (publicUrl !== undefined) return publicUrl
  const host = http.host === '0.0.0.0' || http.host === '::' ? publicAddress : http.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
