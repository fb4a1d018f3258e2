import { Type } from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { type Dialect, route } from '../../../engine/api/dialect.ts'
import { voice2phone } from '../../../engine/api/dialects/voice2phone/index.ts'
import { Failure } from '../../../engine/core/failures.ts'
import { type ApiLab, apiLab, key } from './api-lab.ts'

let lab: ApiLab | undefined
afterEach(() => lab?.close())

/** A dialect with one route that answers when it is told to. */
function slow(answersWithinMs: number, answer: Promise<unknown>): Dialect {
  const look = route({
    method: 'GET',
    path: '/slow',
    answersWithinMs,
    operation: { id: 'slow', summary: 'x', tag: 'x', replies: { 200: { says: 'fine' } } },
    run: async () => ({ status: 200, body: await answer }),
  })
  return {
    id: 'slow',
    title: 'Slow',
    description: 'Takes its time.',
    bases: ['/slow'],
    credentials: { places: ['x-api-key'], kinds: ['key'] },
    errorSchema: Type.Object({ refused: Type.String() }),
    renderError: ({ code }) => ({ refused: code }),
    routes: [look],
  }
}

const ask = (from: ApiLab) => from.app.inject({ url: '/slow', headers: { 'x-api-key': key } })

test.each([
  ['comes too late', (end: PromiseWithResolvers<unknown>) => end.resolve({})],
  [
    'fails too late',
    (end: PromiseWithResolvers<unknown>) => end.reject(new Failure('draining', '')),
  ],
])('an answer that %s: 504 in the dialect’s shape', async (_what, settle) => {
  const end = Promise.withResolvers<unknown>()
  lab = await apiLab({ dialects: [slow(20, end.promise)] })
  const answer = await ask(lab)
  expect([answer.statusCode, answer.json()]).toEqual([504, { refused: 'timed_out' }])
  settle(end)
  await new Promise(setImmediate)
  expect(lab.log.lines).toEqual([])
})

test('an answer in time', async () => {
  lab = await apiLab({ dialects: [slow(60_000, Promise.resolve({ fine: true }))] })
  const answer = await ask(lab)
  expect([answer.statusCode, answer.json()]).toEqual([200, { fine: true }])
})

test('the outbound call API promises it for both of its routes', () => {
  expect(voice2phone.routes.map(({ answersWithinMs }) => answersWithinMs)).toEqual([40_000, 40_000])
})
