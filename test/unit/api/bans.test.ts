import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Ban } from '../../../engine/core/ports/bans.ts'
import { type ApiLab, apiLab, startMs } from './api-lab.ts'

const bans: Ban[] = []
let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
  const { services } = lab.options
  vi.spyOn(services.bans, 'list').mockImplementation(() => bans)
  vi.spyOn(services.bans, 'lift').mockImplementation((address) => address === '2001:db8::1')
})
afterEach(() => lab.close())

test('bans are listed', async () => {
  const times = { sinceMs: startMs, untilMs: startMs + 600_000 }
  bans.push({ address: '203.0.113.9', reason: 'digests', count: 2, ...times })
  expect(await lab.ask({ method: 'GET', url: '/v1/voice/bans' })).toMatchObject({
    status: 200,
    body: {
      bans: [
        {
          ...{ address: '203.0.113.9', reason: 'digests', count: 2 },
          since: new Date(startMs).toISOString(),
          until: new Date(startMs + 600_000).toISOString(),
        },
      ],
    },
  })
})

test('a ban is lifted; one that is not there is not found', async () => {
  const lift = (address: string) =>
    lab.ask({ method: 'DELETE', url: `/v1/voice/bans/${encodeURIComponent(address)}` })
  expect((await lift('2001:db8::1')).status).toBe(204)
  expect(await lift('203.0.113.1')).toMatchObject({
    status: 404,
    body: { error: { code: 'not_found' } },
  })
})

test('nobody without a key learns of them', async () => {
  const answer = await lab.ask({
    method: 'GET',
    url: '/v1/voice/bans',
    headers: { 'x-api-key': 'x' },
  })
  expect(answer.status).toBe(401)
})
