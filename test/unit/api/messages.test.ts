import { afterEach, beforeEach, expect, it } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { type ApiLab, apiLab, otherKey } from './api-lab.ts'

let lab: ApiLab
let device: string
beforeEach(async () => {
  lab = await apiLab()
  const made = await lab.ask({
    ...{ method: 'POST', url: '/v1/voice/devices' },
    payload: { username: 'desk' },
  })
  device = `/v1/voice/devices/${(made.body as { id: string }).id}/messages`
})
afterEach(() => lab.close())

const put = (payload: object, headers = {}) =>
  lab.ask({ method: 'PUT', url: device, payload, headers })
const get = async () => (await lab.ask({ method: 'GET', url: device })).body

it('keeps what a message lamp shall show, and has the phones told', async () => {
  const none = { new: 0, old: 0, urgent_new: 0, urgent_old: 0 }
  expect(await get()).toEqual(none)
  expect(await put({ new: 2, old: 5 })).toMatchObject({
    status: 200,
    body: { ...none, new: 2, old: 5 },
  })
  expect(await put({ new: 3, old: 0, urgent_new: 1 })).toMatchObject({ status: 200 })
  expect(await get()).toEqual({ ...none, new: 3, urgent_new: 1 })
  expect(lab.mailboxesChanged).toEqual(['desk', 'desk'])
})

it('refuses counts that can not be, and other accounts', async () => {
  for (const counts of [{ new: -1, old: 0 }, { new: 1 }, { new: 1, old: 0, urgent_new: 2 }]) {
    expect((await put(counts)).status).toBe(400)
  }
  expect((await put({ new: 1, old: 0 }, { 'x-api-key': otherKey })).status).toBe(404)
  expect(lab.mailboxesChanged).toEqual([])
})

it('goes away with its device', async () => {
  await put({ new: 1, old: 0 })
  await lab.ask({ method: 'DELETE', url: device.replace('/messages', '') })
  expect(await lab.ask({ method: 'GET', url: device })).toMatchObject({ status: 404 })
})

it('sends a text and tells what became of it', async () => {
  const send = (payload: object) => lab.ask({ method: 'POST', url: '/v1/voice/messages', payload })
  const text = { to: 'desk', text: 'hello' }
  expect(await send(text)).toMatchObject({ status: 200, body: { to: 'desk', status: 'delivered' } })
  expect(lab.centre.asked.at(-1)).toEqual({ what: 'sendMessage', request: text })
  expect((await send({ ...text, text: '' })).status).toBe(400)
  expect((await send({ ...text, more: 1 })).status).toBe(400)
  lab.centre.refuse = new Failure('device_not_registered', 'desk is not registered', 'to')
  expect((await send(text)).status).toBe(409)
})
