// What the two settings of e-mail look like, and the values that they become.

import { z } from 'zod'

/** Where letters are handed in. */
export interface MailServerAddress {
  readonly host: string
  readonly port: number
  readonly tls: 'at-once' | 'required' | 'if-offered' | 'off'
  readonly user: string | undefined
  readonly password: string | undefined
}

const wanted =
  'must be smtp://[user:password@]host[:port][?tls=required|if-offered|off], or smtps://; write @ : / in a password as %40 %3A %2F'

const usualPort = { 'smtp:': 587, 'smtps:': 465 } as const
const ways = ['required', 'if-offered', 'off'] as const

export const mailServer = z.string().transform((text, context): MailServerAddress => {
  const address = read(text)
  if (address) return address
  context.issues.push({ code: 'custom', message: wanted, input: text })
  return z.NEVER
})

function read(text: string): MailServerAddress | undefined {
  const url = URL.parse(text)
  if (!url || !(url.protocol === 'smtp:' || url.protocol === 'smtps:')) return undefined
  if (url.hostname === '' || !['', '/'].includes(url.pathname) || url.hash !== '') return undefined
  const tls = tlsOf(url)
  const login = [url.username, url.password].map(unescaped)
  if (tls === undefined || login.includes(null)) return undefined
  const [user, password] = login.map((part) => part || undefined)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? usualPort[url.protocol] : Number(url.port),
    ...{ tls, user, password },
  }
}

/** A password is not sent in the open unless somebody says so. */
function tlsOf({ protocol, username, searchParams }: URL): MailServerAddress['tls'] | undefined {
  const named = searchParams.get('tls')
  if ([...searchParams.keys()].some((key) => key !== 'tls')) return undefined
  if (protocol === 'smtps:') return named === null ? 'at-once' : undefined
  if (named === null) return username === '' ? 'if-offered' : 'required'
  return ways.find((way) => way === named)
}

function unescaped(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

const addressForm = /^[^\s<>@,;"\p{Cc}]{1,64}@[a-z\d.-]{1,253}$/iu
const namedForm = /^[^<>@,;"\p{Cc}]{1,100}<([^<>]+)>$/u

/** An address, or a name and an address in angle brackets. */
export const mailFrom = z.string().refine((text) => {
  const named = namedForm.exec(text)
  return addressForm.test(named?.[1] ?? text)
}, 'must be an e-mail address, or a name and one in angle brackets')
