import type { Config } from '../config/index.ts'

/** What is wrong when the system does not let us listen at an address. */
export const foreignAddress = (setting: string, address: string): string =>
  `${setting} ${address} is not an address of this machine`

/** Where clients reach the page and the API, without a slash at the end. */
export function pageUrl(config: Config, port: number): string {
  const { https, lab, plainHttp, publicUrl, tls } = config
  if (publicUrl !== undefined) return publicUrl
  const hasCertificate = lab || tls.files !== undefined
  if (plainHttp === 'refuse' && hasCertificate && https.port !== undefined && https.port !== 0) {
    return securePageUrl(config, https.port)
  }
  return `http://${listeningAt(config)}:${port}`
}

/** The same by our own HTTPS. */
export function securePageUrl(config: Config, port: number): string {
  return `https://${listeningAt(config)}:${port}`
}

function listeningAt({ http, publicAddress }: Config): string {
  const host = http.host === '0.0.0.0' || http.host === '::' ? publicAddress : http.host
  return host.includes(':') ? `[${host}]` : host
}
