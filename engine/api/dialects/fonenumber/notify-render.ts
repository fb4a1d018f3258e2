import type { Letter } from '../../../core/ports/mail.ts'
import type { CallDelivery } from '../../../core/ports/store.ts'
import type { OutgoingRequest } from '../../../core/ports/web.ts'
import { noticeOf } from './notify-data.ts'
import { type NotifyOptions, readOptions } from './notify-options.ts'
import { fillTemplate, formOf, withAllValues } from './notify-template.ts'

/** A callback as it was asked for: a GET, a form or JSON; the placeholders of its address filled in. */
export function renderNotice(
  delivery: Pick<CallDelivery, 'call' | 'url' | 'options'>,
): OutgoingRequest {
  const options = readOptions(delivery.options)
  const notice = noticeOf(delivery)
  const login = loginHeader(options)
  if (options.method === 'GET') {
    return { url: withAllValues(delivery.url, notice), method: 'GET', headers: login }
  }
  const url = fillTemplate(delivery.url, notice)
  return options.method === 'JSON'
    ? {
        url,
        method: 'POST',
        headers: { ...login, 'content-type': 'application/json' },
        body: JSON.stringify(notice),
      }
    : {
        url,
        method: 'POST',
        headers: { ...login, 'content-type': 'application/x-www-form-urlencoded' },
        body: formOf(notice),
      }
}

/** The same as an e-mail: a line for each value. */
export function renderMail(delivery: Pick<CallDelivery, 'call'>): Pick<Letter, 'subject' | 'text'> {
  const notice = noticeOf(delivery)
  const lines = Object.entries(notice).map(([name, value]) => `${name}: ${value}`)
  const { direction, status, from, to, disposition = '' } = notice
  const subject = [direction, 'call from', from, 'to', to, status, disposition].join(' ').trim()
  return { subject, text: `${lines.join('\n')}\n` }
}

/** RFC 7617, in UTF-8. */
function loginHeader({ username, password }: NotifyOptions): Record<string, string> {
  if (username === null) return {}
  const login = Buffer.from(`${username}:${password}`).toString('base64')
  return { authorization: `Basic ${login}` }
}
