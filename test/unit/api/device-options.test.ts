/** What audio devices may have, as the API takes and shows it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const base = '/v1/voice/devices'
const post = (url: string, payload: object) => lab.ask({ method: 'POST', url, payload })
const idOf = (body: unknown) => (body as { id: string }).id

test('the audio that it may have', async () => {
  const { body } = await post(base, { username: 'desk.1', srtp: 'required', codecs: ['PCMA'] })
  expect(body).toMatchObject({ webrtc: 'auto', srtp: 'required', codecs: ['PCMA'] })
  const change = (payload: object) =>
    lab.ask({ method: 'PATCH', url: `${base}/${idOf(body)}`, payload })
  const changed = { webrtc: 'never', srtp: 'off', codecs: ['PCMA'] }
  expect(await change({ webrtc: 'never', srtp: 'off' })).toMatchObject({
    ...{ status: 200, body: changed },
  })
  expect((await lab.ask({ url: `${base}/${idOf(body)}` })).body).toMatchObject(changed)
  for (const wrong of [
    { webrtc: 'always' },
    { srtp: true },
    { codecs: [] },
    { codecs: ['PCMA', 'PCMA'] },
    { codecs: ['G729'] },
    { name: 'other' },
  ]) {
    expect(await change(wrong)).toMatchObject({ status: 400 })
  }
  expect((await lab.ask({ url: `${base}/${idOf(body)}` })).body).toMatchObject(changed)
  expect((await change({})).status).toBe(200)
})
