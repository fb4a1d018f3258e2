import { createTokens } from '../../engine/tokens/index.ts'
import { type Application, startApplication } from '../support/application.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { Carrier } from './carrier.ts'
import type { Sample } from './documents.ts'

export const jwtSecret = 'a-secret-of-the-conformance-suite-0123456789'
/** The account's default number: the caller of what names none. */
export const ownNumber = '+15005550100'

/** A real engine, the carrier behind it, and an application beside it. */
export interface House {
  readonly engine: EngineProcess
  readonly carrier: Carrier
  readonly application: Application
  close(): Promise<void>
}

export async function openHouse(settings: Readonly<Record<string, string>> = {}): Promise<House> {
  const application = await startApplication()
  const engine = await startEngine({
    RINGDOWN_ALLOWED_URL_TARGETS: new URL(application.url).host,
    RINGDOWN_JWT_SECRET: jwtSecret,
    ...settings,
  })
  const carrier = await Carrier.open('127.0.0.88')
  await carrier.serve(engine)
  return {
    ...{ engine, carrier, application },
    close: async () => {
      await engine.stop()
      engine.removeData()
      carrier.close()
      await application.close()
    },
  }
}

/** A signed token of the first account, for these businesses; without them for all. */
export async function tokenOf(kind: string, businesses?: readonly string[]): Promise<string> {
  const tokens = await createTokens({ secret: jwtSecret, clock: { nowMs: () => Date.now() } })
  const claims = { accountId: undefined, kind, subject: 'somebody', businesses }
  return tokens.issue(claims, 600)
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** Sends a sample as it is printed; only the host and the stand-in of the key are others. */
export async function replay(
  { engine }: House,
  { method, path, headers, body }: Sample,
  standIn: string,
  key = engine.apiKey,
): Promise<Answered> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    value.replace(standIn, key),
  ])
  const response = await fetch(engine.httpUrl + path, {
    method,
    headers: Object.fromEntries(entries),
    ...(body !== undefined && { body }),
  })
  return answered(response)
}

export async function answered(response: Response): Promise<Answered> {
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** A call at the native API, once it is over. */
export function endedCall({ engine }: House, id: string): Promise<Json> {
  return eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    (call) => call.end_time !== null,
    60_000,
  )
}
