/** What the documents say of credentials is so: each of their schemes lets a client in, and a bad one does not. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Dialect } from '../../../engine/api/dialect.ts'
import { dialectsOf } from '../../../engine/compose/dialects.ts'
import { readConfig } from '../../../engine/config/index.ts'
import { type ApiLab, apiLab, key, ours } from './api-lab.ts'
import { type Document, operationsOf } from './documents.ts'

const dialects = dialectsOf(readConfig({}, '.'))

let lab: ApiLab
beforeAll(async () => {
  lab = await apiLab({ dialects, plainHttp: 'allow' })
})
afterAll(() => lab.close())

interface Scheme {
  readonly type?: string
  readonly scheme?: string
  readonly name?: string
}

/** The header that a client makes who has read only the document. */
function headerOf({ type, scheme, name }: Scheme, credential: string): Record<string, string> {
  if (type === 'apiKey' && name !== undefined) return { [name]: credential }
  if (scheme === 'bearer') return { authorization: `Bearer ${credential}` }
  if (scheme === 'basic') {
    return { authorization: `Basic ${Buffer.from(`${credential}:any`).toString('base64')}` }
  }
  throw new Error(`a scheme that no client knows: ${JSON.stringify({ type, scheme, name })}`)
}

const credentialFor = async ({ credentials: { kinds } }: Dialect): Promise<string> => {
  if (kinds.includes('key')) return key
  const claims = { accountId: ours.id, kind: 'staff', subject: null, businesses: undefined }
  return lab.options.services.tokens.issue(claims, 60)
}

/** The door alone: a path that is there, asked in a way that it does not know (405). */
async function isLetIn(path: string, headers: Record<string, string>): Promise<boolean> {
  const url = path.replaceAll(/\{\w+\}/g, 'none')
  const { statusCode } = await lab.app.inject({ method: 'OPTIONS', url, headers })
  expect([401, 405]).toContain(statusCode)
  return statusCode === 405
}

test.each(dialects.map((dialect) => ({ id: dialect.id, dialect })))('$id', async ({ dialect }) => {
  const document: Document = (await lab.app.inject({ url: `/openapi/${dialect.id}.json` })).json()
  const path = operationsOf(document)[0]?.path ?? ''
  const all = document.components.securitySchemes as Record<string, Scheme>
  // those of devices are for some routes alone
  const general = new Set((document.security as object[]).flatMap((one) => Object.keys(one)))
  const schemes = Object.entries(all).filter(([name]) => general.has(name))
  expect(schemes).toHaveLength(dialect.credentials.places.length)
  const good = await credentialFor(dialect)
  expect(await isLetIn(path, {})).toBe(false)
  for (const [name, scheme] of schemes) {
    expect([name, await isLetIn(path, headerOf(scheme, good))]).toEqual([name, true])
    expect([name, await isLetIn(path, headerOf(scheme, `${good}x`))]).toEqual([name, false])
  }
})
