import { Agent, request } from 'node:http'
import type { EngineProcess } from '../../support/engine-process.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

export interface Measured {
  readonly tookMs: readonly number[]
  readonly perSecond: number
}

/** Asks so often, so many at once, over connections that are kept. A status that is no 2xx is an error. */
export async function askMany(
  { httpUrl, apiKey }: EngineProcess,
  one: (n: number) => Asked,
  count: number,
  atOnce: number,
): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const tookMs: number[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const asked = one(next++)
      const beganMs = performance.now()
      await answerOf(httpUrl, apiKey, asked, agent)
      tookMs.push(performance.now() - beganMs)
    }
  }
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: atOnce }, lane))
  const perSecond = (count * 1000) / (performance.now() - beganMs)
  agent.destroy()
  return { tookMs, perSecond }
}

function answerOf(base: string, key: string, asked: Asked, agent: Agent): Promise<void> {
  const body = asked.body === undefined ? undefined : JSON.stringify(asked.body)
  return new Promise((resolve, reject) => {
    const sent = request(
      base + asked.path,
      {
        ...{ method: asked.method, agent },
        headers: {
          'x-api-key': key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        const status = response.statusCode ?? 0
        let said = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          if (said.length < 300) said += piece
        })
        response.on('end', () => {
          if (status >= 200 && status <= 299) resolve()
          else reject(new Error(`${asked.method} ${asked.path}: ${status} ${said}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
