import { Failure } from '../../../core/failures.ts'
import { type Notice, noticeFields } from './notify-data.ts'

/** Callback addresses: `{{name}}` stands for the value of that name. */
const token = /\{\{([^{}]*)\}\}/g

/** Scheme, host and port as plain text, so that nothing that is filled in later can be a part of them. */
const plainOrigin = /^https?:\/\/[^/?#\\{}\s@]+(?=[/?#]|$)/i

const hasTokens = (url: string): boolean => url.search(token) !== -1

/**
 * Refuses an address whose placeholders are not known, or stand before its path: Failures
 * `invalid_request`, `url_not_allowed`.
 */
export function checkTemplate(url: string): void {
  for (const [text, name = ''] of url.matchAll(token)) {
    if (noticeFields.some((field) => field === name)) continue
    const known = noticeFields.map((field) => `{{${field}}}`).join(', ')
    const message = `${text.slice(0, 50)} in url is not known here; there are ${known}`
    throw new Failure('invalid_request', message, 'url')
  }
  if (!hasTokens(url) || plainOrigin.test(url)) return
  const message = 'url must begin with http:// or https:// and a host without {{...}}'
  throw new Failure('url_not_allowed', message, 'url')
}

/** The address with its placeholders filled in, percent-encoded. What is not known yet is empty. */
export function fillTemplate(url: string, notice: Notice): string {
  const values = new Map(Object.entries(notice))
  const textOf = (name: string) => String(values.get(name) ?? '')
  const [path, query] = atQuery(withoutFragment(url))
  return (
    path.replaceAll(token, (_, name: string) => inPath(textOf(name))) +
    query.replaceAll(token, (_, name: string) => encoded(textOf(name)))
  )
}

/** The address with every value in its query, for who asked for a GET and named no values. */
export function withAllValues(url: string, notice: Notice): string {
  const bare = withoutFragment(url)
  if (hasTokens(bare)) return fillTemplate(bare, notice)
  const joint = !bare.includes('?') ? '?' : /[?&]$/.test(bare) ? '' : '&'
  return `${bare}${joint}${formOf(notice)}`
}

/** The values as an HTML form sends them. */
export function formOf(notice: Notice): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(notice)) form.append(name, String(value))
  return form.toString()
}

const withoutFragment = (url: string): string => url.replace(/#.*$/s, '')

function atQuery(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)]
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

/** Dots alone would lead to another folder, encoded or not (WHATWG URL, double-dot path segment). */
const inPath = (text: string): string => (/^\.+$/.test(text) ? '' : encoded(text))
