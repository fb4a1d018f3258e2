import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { text } from 'node:stream/consumers'

export interface HttpsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Asks a server on this machine by HTTPS, whatever certificate it has, on a connection of its own. */
export async function askSecurely(
  port: number,
  path: string,
  { body, ...options }: RequestOptions & { readonly body?: string } = {},
): Promise<HttpsAnswer> {
  const asked = request({
    ...{ host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false },
    ...options,
  })
  asked.end(body)
  const [answer] = await once(asked, 'response')
  return { status: answer.statusCode, headers: answer.headers, text: await text(answer) }
}
