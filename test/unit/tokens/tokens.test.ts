import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { ApiRequest, Route } from '../../../engine/api/dialect.ts'
import { forSessions, sessionKind } from '../../../engine/api/dialects/fonenumber/session.ts'
import type { Services } from '../../../engine/api/services.ts'
import { createTokens } from '../../../engine/tokens/index.ts'

const secret = 'a-secret-of-the-tests-with-enough-length'
const clock = { nowMs: () => Date.UTC(2026, 0, 2) }
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

const foreign = (key: KeyObject, kind: string) =>
  new SignJWT({ type: kind })
    .setProtectedHeader({ alg: 'RS256' })
    .setExpirationTime(clock.nowMs() / 1000 + 60)
    .sign(key)

test('who made a token is known', async () => {
  const tokens = await createTokens({ secret, publicKeyPem, clock })
  const content = { accountId: undefined, kind: 'staff', subject: 'x', businesses: ['a'] }
  const ours = await tokens.issue(content, 60)
  expect(await tokens.verify(ours)).toEqual({
    ...{ ...content, isOurs: true, expiresAtMs: clock.nowMs() + 60_000 },
  })
  const theirs = await foreign(privateKey, 'staff')
  expect(await tokens.verify(theirs)).toMatchObject({ kind: 'staff', isOurs: false })
})

test('a session is opened by a key, and by nobody whose signature is only trusted', async () => {
  const tokens = await createTokens({ secret, publicKeyPem, clock })
  const claims = await tokens.verify(await foreign(privateKey, sessionKind))
  const route = forSessions({ run: async () => ({ status: 200 }) } as unknown as Route)
  const request = (shown: unknown) => ({ claims: shown }) as ApiRequest<unknown, unknown, unknown>
  const services = {} as Services
  await expect(route.run(request(claims), services)).rejects.toMatchObject({ code: 'forbidden' })
  const ours = { ...claims, isOurs: true }
  expect(await route.run(request(ours), services)).toEqual({ status: 200 })
  expect(await route.run(request(undefined), services)).toEqual({ status: 200 })
})
