import { renderDeviceId } from '../../../../engine/api/dialects/fonenumber/device-id.ts'
import { foneNumber } from '../../../../engine/api/dialects/fonenumber/index.ts'
import { keyHash } from '../../../../engine/core/digest.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import { createTokens } from '../../../../engine/tokens/index.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'
import { type ApiLab, apiLab, key, tokenSecret } from '../api-lab.ts'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape, checked where it is used
  readonly body: any
  readonly headers: Readonly<Record<string, unknown>>
}

/** The API over the real use cases: recorders for SIP and audio, a virtual clock, a store in memory. */
export interface FoneLab {
  readonly calls: CallLab
  readonly api: ApiLab
  /** Asks with a key of the call lab's account in the header `token`, unless the headers say otherwise. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, more?: Asking): Promise<Answer>
  /** Sends a call whose answer is held until somebody picks up, and waits until the phone rings. */
  ringing(body: unknown, headers?: Record<string, string>): Promise<Ringing>
  /** A registered device, and the id that this API gives it. */
  device(username: string, registered?: boolean): Promise<string>
  close(): Promise<void>
}

interface Asking {
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Ringing {
  readonly id: CallId
  readonly answer: Promise<Answer>
  /** True once the answer has gone out. */
  isAnswered(): boolean
}

export async function openFoneLab(
  callPath = '/v2/calls',
  emergencySpeedDials = false,
): Promise<FoneLab> {
  const calls = await openCallLab()
  const { store, account, ports, clock } = calls
  await store.accounts.insertKey({
    hash: keyHash(key),
    accountId: account.id,
    hint: key.slice(-4),
    createdAtMs: clock.nowMs(),
  })
  const plain = await apiLab()
  await plain.close()
  const { services } = plain.options
  const tokens = await createTokens({
    secret: tokenSecret,
    clock: { nowMs: () => api.time.nowMs },
  })
  const api = await apiLab({
    dialects: [foneNumber({ callPath, emergencySpeedDials })],
    clock: { monotonicMs: () => api.time.nowMs },
    services: {
      ...services,
      tokens,
      callCentre: calls.centre,
      registeredContacts: (id) => ports.sip.registeredContacts(id),
      directory: { ...services.directory, store, clock },
    },
  })
  const ask: FoneLab['ask'] = (method, url, { body, headers = {} } = {}) => {
    const payload = body === undefined ? {} : { payload: body as object | string }
    return api.ask({ method, url, ...payload, headers: { token: key, ...headers } })
  }
  return {
    calls,
    api,
    ask,
    async ringing(body, headers = {}) {
      const before = calls.invited.length
      let answered = false
      const answer = ask('POST', callPath, { body, headers })
      answer.then(
        () => {
          answered = true
        },
        () => {},
      )
      while (calls.invited.length === before && !answered) await calls.settle()
      const id = calls.invited[before]
      if (id === undefined) throw new Error(`nobody is called: ${JSON.stringify(await answer)}`)
      return { id, answer, isAnswered: () => answered }
    },
    device: async (username, registered = true) =>
      renderDeviceId(await calls.addDevice(username, registered)),
    async close() {
      await api.close()
      await store.close()
    },
  }
}
