import { settle } from '../../../support/virtual-clock.ts'
import { type Answer, authorization, type Bench, nonceOf, Received } from './recorder.ts'

let count = 0

/** A REGISTER of `username` without credentials. */
export const bareRegister = (
  username: string,
  headers: Record<string, string> = {},
  more: object = {},
): Received =>
  new Received('REGISTER', {
    headers: {
      from: `<sip:${username}@ringdown>`,
      to: `<sip:${username}@ringdown>`,
      'call-id': 'c1',
      cseq: `${++count} REGISTER`,
      ...headers,
    },
    ...more,
  })

export async function challenged(bench: Bench, username = 'alice', more: object = {}) {
  const first = bench.receive(bareRegister(username, {}, more))
  await settle()
  return first
}

/** A REGISTER with fresh credentials, answered. */
export async function register(
  bench: Bench,
  headers: Record<string, string>,
  answer: Answer = {},
  more: object = {},
): Promise<Received> {
  const { username = 'alice' } = answer
  const nonce = nonceOf(await challenged(bench, username, more))
  const request = bareRegister(
    username,
    { ...headers, authorization: authorization(nonce, answer) },
    more,
  )
  bench.receive(request)
  await settle()
  return request
}
