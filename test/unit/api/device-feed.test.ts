/** The feed of a device's page as it goes over the wire. */

import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDevice } from '../../../engine/app/directory/devices.ts'
import type { DeviceRecord } from '../../../engine/core/ports/store.ts'
import { type ApiLab, apiLab, callRecord, key, ours, startMs } from './api-lab.ts'

let lab: ApiLab
let desk: DeviceRecord
beforeEach(async () => {
  lab = await apiLab()
  const { directory } = lab.options.services
  desk = (await createDevice(directory, ours.id, { username: 'desk' })).device
})
afterEach(() => lab.close())

const url = '/v1/voice/devices/desk/feed'
/** The text so far, up to what is waited for. */
async function opened(headers: Record<string, string>) {
  const answer = await lab.app.inject({ url, headers, payloadAsStream: true })
  const stream: Readable = answer.stream()
  let text = ''
  stream.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  const until = async (part: string) => {
    while (!text.includes(part)) await new Promise((resolve) => setImmediate(resolve))
    return text
  }
  return { answer, until }
}
const put = () =>
  lab.put(callRecord({ deviceId: desk.id, status: 'ringing' }), [
    { type: 'call.ringing', callId: callRecord().id, atMs: startMs, data: {} },
  ])

test('events with their numbers, at once', async () => {
  const { token } = lab.options.services.deviceLogins.issue(desk, 600)
  const { answer, until } = await opened({ authorization: `Bearer ${token}` })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toBe('text/event-stream')
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(await until('ready')).toBe('id: 0\nevent: ready\ndata: {}\n\n')
  await put()
  expect(await until('calls')).toMatch(/id: 1\nevent: calls\ndata: \{\}\n\n$/)
})

test('a client that goes away is noticed; one that stays does not keep the server from closing', async () => {
  const origin = await lab.app.listen({ host: '127.0.0.1', port: 0 })
  const { deviceFeeds } = lab.options.services
  const gone = new AbortController()
  const headers = { 'x-api-key': key }
  const first = await fetch(origin + url, { headers, signal: gone.signal })
  const second = await fetch(origin + url, { headers })
  expect([first.status, deviceFeeds.size]).toEqual([200, 2])
  gone.abort()
  while (deviceFeeds.size > 1) await new Promise((resolve) => setTimeout(resolve, 5))
  const [text] = await Promise.all([second.text(), lab.app.close()])
  expect(text).toMatch(/^id: 0\nevent: ready\n.*\n\nid: 0\nevent: restarting\n.*\n\n$/)
})

test('what was missed comes after Last-Event-ID; nonsense there is passed over', async () => {
  await put()
  const missed = await opened({ 'x-api-key': key, 'last-event-id': '0' })
  expect(await missed.until('calls')).toContain('id: 1\nevent: calls')
  const fresh = await opened({ 'x-api-key': key, 'last-event-id': 'none' })
  expect(await fresh.until('ready')).toBe('id: 1\nevent: ready\ndata: {}\n\n')
  lab.options.services.deviceFeeds.close()
  expect(await fresh.until('restarting')).toContain('event: restarting')
})

test('HEAD has no events; a ninth feed is refused', async () => {
  const headers = { 'x-api-key': key }
  expect((await lab.app.inject({ method: 'HEAD', url, headers })).body).toBe('')
  for (let i = 0; i < 8; i++) await (await opened(headers)).until('ready')
  const refused = await lab.app.inject({ url, headers })
  expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'limit_reached'])
})
