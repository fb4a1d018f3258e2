import { isExtraHeader } from '../../core/sip-headers.ts'
import type { DialTarget } from '../../core/verbs.ts'
import { answererCallbacks, statusAttributes, statusCallbacks } from './callbacks.ts'
import { detectionAttributes, detectionOf } from './machine-detection.ts'
import { address, given, type Known, method, type Reading } from './reading.ts'
import { elementsOf, type TwimlElement, textOf, twimlFault } from './tree.ts'

const shared = ['url', 'method', ...statusAttributes, ...detectionAttributes]
const idle = ['byoc', 'phoneNumberSid', 'codecs']

export const targetAttributes: Readonly<Record<string, Known>> = {
  Number: { read: ['sendDigits', ...shared], idle },
  Sip: { read: ['username', 'password', ...shared], idle },
  Client: { read: shared, idle },
}

function common(element: TwimlElement, reading: Reading): Omit<DialTarget, 'to'> {
  const url = address(element, 'url', reading)
  const detection = detectionOf(element, reading)
  const callbacks = [
    ...statusCallbacks(element, reading),
    ...(detection ? answererCallbacks(element, reading) : []),
  ]
  return {
    ...given('url', url),
    ...(url !== undefined && given('method', method(element, 'method', reading))),
    ...(callbacks.length > 0 && { callbacks }),
    ...given('machineDetection', detection),
  }
}

export function readNumber(element: TwimlElement, reading: Reading): DialTarget | undefined {
  const to = textOf(element).replace(/[\s().-]/g, '')
  if (to === '') return nobody(element, reading)
  const digits = element.attributes.get('sendDigits')
  return { to, ...given('sendDigits', digits), ...common(element, reading) }
}

/** `sip:kate@example.com?X-Room=7`: what follows the question mark are headers of the INVITE (RFC 3261 section 19.1.1). */
export function readSip(element: TwimlElement, reading: Reading): DialTarget | undefined {
  const written = textOf(element)
  if (written === '') return nobody(element, reading)
  const [address = '', query] = written.split('?', 2)
  const to = /^sips?:/i.test(address) ? address : `sip:${address}`
  const headers = query === undefined ? {} : headersIn(element, query, reading)
  return {
    to,
    ...headersOf(headers),
    ...credentialsOf(element, reading),
    ...common(element, reading),
  }
}

/** What is told to a callee who asks; it is in no warning. */
function credentialsOf(
  element: TwimlElement,
  reading: Reading,
): Pick<DialTarget, 'username' | 'password'> {
  const username = element.attributes.get('username') ?? ''
  const password = element.attributes.get('password') ?? ''
  if (username === '' && password === '') return {}
  const isWhole = username !== '' && password !== ''
  if (isWhole && !/\p{Cc}/u.test(username + password)) return { username, password }
  reading.warn(element, 'username and password go together, as plain text: left out')
  return {}
}

function headersIn(element: TwimlElement, query: string, reading: Reading): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query.replaceAll('+', '%2B'))) {
    addHeader(headers, element, reading, name, value)
  }
  return headers
}

function addHeader(
  headers: Record<string, string>,
  element: TwimlElement,
  reading: Reading,
  name: string,
  value: string,
): void {
  if (isExtraHeader(name) && !/\p{Cc}/u.test(value)) headers[name] = value
  else reading.warn(element, `header ${name.slice(0, 64)} may not be set, left out`)
}

const headersOf = (headers: Record<string, string>) =>
  Object.keys(headers).length === 0 ? {} : { headers }

/** A device of the account by its user name; its parameters are `X-` headers of the INVITE. */
export function readClient(element: TwimlElement, reading: Reading): DialTarget | undefined {
  const headers: Record<string, string> = {}
  let identity = ''
  for (const child of elementsOf(element)) {
    if (child.name === 'Identity') identity = textOf(child)
    else if (child.name === 'Parameter') addParameter(headers, child, reading)
    else throw twimlFault(child, `Client has no ${child.name}`)
  }
  const to = (identity === '' ? textOf(element) : identity).replace(/^client:/, '')
  if (to === '') return nobody(element, reading)
  return { to, ...headersOf(headers), ...common(element, reading) }
}

function addParameter(
  headers: Record<string, string>,
  element: TwimlElement,
  reading: Reading,
): void {
  const name = element.attributes.get('name') ?? ''
  const value = element.attributes.get('value') ?? ''
  addHeader(headers, element, reading, `X-${name}`, value)
}

function nobody(element: TwimlElement, reading: Reading): undefined {
  reading.warn(element, 'is empty, left out')
  return undefined
}
