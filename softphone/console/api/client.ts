import { isObject, objectOf, text } from './json.ts'
import { addressOf, type Operations, operationsOf } from './operations.ts'
import { ApiProblem } from './problem.ts'

const patienceMs = 20_000

export interface Asked {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly accept?: string
}

/** The native API with a key, by ids of operations. Every function fails with an ApiProblem. */
export interface Client {
  readonly operations: Operations
  /** The JSON of the answer; undefined where there is none. */
  ask(operation: string, asked?: Asked): Promise<unknown>
  /** The answer as a file. */
  file(operation: string, asked?: Asked): Promise<Blob>
  /** What is no operation of the API: health and such. */
  page(path: string): Promise<Response>
}

type Send = (path: string, init?: RequestInit) => Promise<Response>

/** The browser sends the session's cookie by itself; this says that a page of ours asks. */
const own = { 'x-ringdown-session': 'console' }

/**
 * Reads what the API can do, and asks who is logged in; with a key, logs in first: a cookie that scripts can not read
 * stands for the key from then on. `send` is `fetch` outside tests.
 */
export async function connect(send: Send, key?: string): Promise<Client> {
  const document = await (await request(send, '/openapi/telefonie.json', {})).json()
  const operations = operationsOf(document)
  const answer = async (id: string, asked: Asked = {}): Promise<Response> => {
    const operation = operations.get(id)
    if (operation === undefined) throw new ApiProblem(404, `This engine has no ${id}`)
    const { params, query, body, accept } = asked
    return request(send, addressOf(operation, params, query), {
      method: operation.method,
      headers: {
        ...own,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(accept === undefined ? {} : { accept }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  const client: Client = {
    operations,
    async ask(id, asked) {
      const response = await answer(id, asked)
      if (response.status === 204) return undefined
      return response.json().catch(() => undefined)
    },
    file: async (id, asked) => (await answer(id, asked)).blob(),
    page: (path) => send(path, { cache: 'no-store' }),
  }
  if (key !== undefined) await client.ask('createSession', { body: { key } })
  return client
}

async function request(send: Send, path: string, init: RequestInit): Promise<Response> {
  const signal = AbortSignal.timeout(patienceMs)
  const response = await send(path, { cache: 'no-store', signal, ...init }).catch(() => undefined)
  if (response === undefined) throw new ApiProblem(0, 'The engine can not be reached')
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => undefined)
  const error = isObject(body) ? objectOf(body['error']) : {}
  const said = text(error, 'message') || `The engine answered ${response.status}`
  throw new ApiProblem(response.status, said, text(error, 'code'), text(error, 'field'))
}
