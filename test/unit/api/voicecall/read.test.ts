import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMs } from '../api-lab.ts'
import { another, business, directory, type VoiceCallLab, voiceCallLab } from './lab.ts'

let lab: VoiceCallLab
const dayMs = 86_400_000
const uids: Record<string, string> = {}
beforeAll(async () => {
  lab = await voiceCallLab()
  const made: [string, object][] = [
    ['a', { status: 'MISSED', staff_uid: 's1' }],
    ['b', { status: 'VOICEMAIL_RECEIVED', client_uid: 'c1', from_number: '+61412345678' }],
    ['c', { status: 'ANSWERED_BY_STAFF', direction: 'OUTBOUND', to_number: '+61412345678' }],
    ['d', { status: 'MISSED', business_uid: 'elsewhere' }],
  ]
  for (const [name, changes] of made) {
    const { body } = await lab.post(another(name, changes), directory)
    uids[name] = body.data.uid
    lab.time.nowMs += dayMs
  }
  // The oldest was changed last.
  await lab.change(uids['a'] ?? '', { rate: '0.2' })
})
afterAll(() => lab.close())

const names = async (query: string, claims = directory as Parameters<VoiceCallLab['get']>[1]) => {
  const { status, body } = await lab.get(query, claims)
  expect([status, body]).toMatchObject([200, { success: true }])
  const found = body.data.voice_calls as { source_id: string }[]
  return found.map(({ source_id }) => source_id.replace('src-', '')).join('')
}
const day = (n: number) => new Date(startMs + n * dayMs).toISOString().slice(0, 10)

describe('the list', () => {
  test('begins with the newest change, 25 a page', async () => {
    const { body } = await lab.get('', directory)
    expect(body.data).toMatchObject({ total: 4, page: 1, per_page: 25 })
    expect(await names('')).toBe('adcb')
    const [first] = body.data.voice_calls
    expect((await lab.get(`/${first.uid}`, directory)).body.data).toEqual(first)
  })

  test.each([
    ['sort=created_at:asc', 'abcd'],
    ['sort=created_at:desc', 'dcba'],
    ['sort=updated_at:asc', 'bcda'],
    ['sort=updated_at:desc,created_at:asc', 'adcb'],
    ['per_page=2', 'ad'],
    ['per_page=2&page=2', 'cb'],
    ['per_page=3&page=2', 'b'],
    ['page=10000', ''],
    ['filter[status]=MISSED', 'ad'],
    ['filter[status]=VOICEMAIL', 'b'],
    ['filter[direction]=OUTBOUND', 'c'],
    ['filter[staff_uid]=s1', 'a'],
    ['filter[client_uid]=c1', 'b'],
    ['filter[from_number]=%2B61412345678', 'b'],
    ['filter[from_number]=+61412345678', 'b'],
    ['filter[to_number]=%2B61412345678', 'c'],
    ['filter[source_id]=src-c', 'c'],
    ['filter[external_uuid]=ext-d', 'd'],
    ['filter[business_uid]=elsewhere', 'd'],
    [`filter[business_uid]=${business}&filter[status]=MISSED`, 'a'],
    ['filter[staff_uid]=nobody', ''],
    [`filter[created_at][gt]=${day(2)}`, 'dc'],
    [`filter[created_at][lt]=${day(2)}`, 'ab'],
    [`filter[created_at][gte]=${new Date(startMs + dayMs).toISOString()}`, 'dcb'],
    [`filter[created_at][gt]=${new Date(startMs + dayMs).toISOString()}`, 'dc'],
    [`filter[created_at][lte]=${new Date(startMs + dayMs).toISOString()}`, 'ab'],
    [`filter[updated_at][gt]=${day(4)}`, 'a'],
    ['filter%5Bstatus%5D=MISSED&per_page=1', 'a'],
  ])('?%s', async (query, found) => {
    expect(await names(`?${query}`)).toBe(found)
  })

  test.each([
    ['page=0', 'page'],
    ['page=10001', 'page'],
    ['page=1.5', 'page'],
    ['page=x', 'page'],
    ['per_page=0', 'per_page'],
    ['per_page=101', 'per_page'],
    ['sort=name:asc', 'sort'],
    ['sort=updated_at', 'sort'],
    ['sort=updated_at:up', 'sort'],
    ['filter=x', 'filter'],
    ['filter[status]=missed', 'filter[status]'],
    ['filter[colour]=red', 'filter[colour]'],
    ['filter[created_at]=2026-01-01', 'filter[created_at]'],
    ['filter[created_at][gt]=yesterday', 'filter[created_at][gt]'],
    ['filter[status]=MISSED&filter[status]=MISSED', 'filter[status]'],
    ['unknown=1', 'unknown'],
    ['constructor=x', 'constructor'],
    ['__proto__=x', '__proto__'],
    ['__proto__=x&__proto__=y', '__proto__'],
  ])('?%s is refused', async (query, field) => {
    const { status, body } = await lab.get(`?${query}`)
    expect([status, body.success, body.errors[0].field]).toEqual([400, false, field])
  })
})

test.each(['0', "'", '%00', '99999999-2222-4333-8444-555555555555', '..%2f..', 'x'.repeat(190)])(
  'nothing has the uid %s',
  async (uid) => {
    const { status, body } = await lab.get(`/${uid}`)
    expect([status, body.errors[0].code]).toEqual([404, 'not_found'])
  },
)

describe('how many of each status', () => {
  const stats = async (query = '', claims = directory as Parameters<VoiceCallLab['get']>[1]) =>
    (await lab.get(`/reports/voice_call_stats${query}`, claims)).body.data
  const counted = (data: { status_counts: { status: string; count: number }[] }) =>
    Object.fromEntries(
      data.status_counts.flatMap(({ status, count }) => (count > 0 ? [[status, count]] : [])),
    )

  test('in all', async () => {
    const data = await stats()
    expect(data).toMatchObject({ total_voice_calls: 4, start_date: null, end_date: null })
    expect(data.status_counts).toHaveLength(6)
    expect(counted(data)).toEqual({ MISSED: 2, VOICEMAIL_RECEIVED: 1, ANSWERED_BY_STAFF: 1 })
  })

  test('by day, the last included, by status and by business', async () => {
    const span = await stats(`?start_date=${day(1)}&end_date=${day(2)}`)
    expect(span).toMatchObject({ start_date: day(1), end_date: day(2), total_voice_calls: 2 })
    expect(counted(await stats(`?start_date=${day(3)}`))).toEqual({ MISSED: 1 })
    const one = await stats('?status=MISSED')
    expect(one.status_counts).toEqual([{ status: 'MISSED', count: 2 }])
    const mine = { kind: 'app', businesses: [business] }
    expect((await stats('', mine)).total_voice_calls).toBe(3)
  })

  test.each([
    ['start_date=yesterday', 'start_date'],
    ['end_date=2026-01-01T00:00:00Z', 'end_date'],
    ['start_date=2026-02-01&end_date=2026-01-01', 'end_date'],
    ['status=missed', 'status'],
  ])('?%s is refused', async (query, field) => {
    const { status, body } = await lab.get(`/reports/voice_call_stats?${query}`)
    expect([status, body.errors[0].field]).toEqual([400, field])
  })
})

test('other methods and other places are answered in the same shape', async () => {
  for (const [method, url, status] of [
    ['DELETE', '/v3/communication/voice_calls', 405],
    ['GET', '/v3/communication/voice_call_settings', 404],
  ] as const) {
    const answer = await lab.as({}, method, url)
    expect([answer.status, answer.body]).toMatchObject([status, { success: false }])
  }
})
