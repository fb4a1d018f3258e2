/** The WebSocket of the native API: its routes by name, and the news of a conference as it goes over the wire. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { telefonie } from '../../../../engine/api/dialects/telefonie/index.ts'
import { type RunningApi, startApi } from '../../../../engine/api/server.ts'
import type { CallId, ConferenceId } from '../../../../engine/core/ids.ts'
import { type ApiLab, apiLab, key, otherKey, ours } from '../api-lab.ts'
import { SocketClient, urlOf } from './socket-lab.ts'

let lab: ApiLab
let api: RunningApi
beforeEach(async () => {
  lab = await apiLab({ limits: { requestsPerSecond: 1_000 } })
  api = await startApi(lab.options)
})
afterEach(async () => {
  await api.close()
  await lab.close()
})
const open = (shown = key) =>
  SocketClient.open(urlOf(api, '/v1/voice/ws'), { headers: { 'x-api-key': shown } })

test('every route of the API is there, but for files, endless events and log-ins', async () => {
  let client = await open()
  const missing: string[] = []
  for (const [index, { operation, path }] of telefonie.routes.entries()) {
    // No connection may say more than 200 things in a second.
    if (index % 100 === 99) client = await open()
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => [name, 'x'])
    const params = Object.fromEntries(names) as Record<string, string>
    // a field that no route knows: nothing is done
    const query = { no_such_field: 1 }
    const asked = { id: operation.id, do: operation.id, params, query, body: query }
    const { status, error } = await client.ask(asked)
    expect([operation.id, status < 500]).toEqual([operation.id, true])
    if (error?.field === 'do') missing.push(operation.id)
  }
  const forHttp = telefonie.routes.filter(
    ({ operation, credentialIn }) => operation.produces !== undefined || credentialIn,
  )
  expect(new Set(missing)).toEqual(new Set(forHttp.map(({ operation: { id } }) => id)))
  expect(missing).toEqual(expect.arrayContaining(['followDevice', 'getRecordingMedia']))
})

test('a conference from beginning to end', async () => {
  const client = await open()
  const ask = async (id: string, parts: object = {}) =>
    (await client.ask({ id, do: id, ...parts })).result
  const made = await ask('createConference', { body: { friendly_name: 'Monday', pin: '4711' } })
  const params = { conference_id: made.id }
  await ask('follow', { params })
  const member = { to: '+15005550140', from: '+15005550000' }
  const { call_id } = await ask('addConferenceParticipant', { params, body: member })
  const of = { ...params, call_id }
  await ask('updateConferenceParticipant', { params: of, body: { muted: true } })
  const id = made.id as ConferenceId
  const levels = [{ callId: call_id as CallId, levelDb: -21.4, speaking: true }]
  lab.conferences.tell(id, { is: 'levels', levels })
  await ask('updateConference', { params, body: { locked: true } })
  await ask('removeConferenceParticipant', { params: of })
  await ask('endConference', { params })
  await client.heard(({ ended }) => ended)
  const told = client.told.filter(({ follow }) => follow !== undefined)
  expect(told.map(({ event, data }) => [event, data])).toEqual([
    ['all', { conference: expect.objectContaining({ id, status: 'init' }), participants: [] }],
    ['participants', { participants: [expect.objectContaining({ call_id, muted: false })] }],
    ['participants', { participants: [expect.objectContaining({ call_id, muted: true })] }],
    ['levels', { levels: [{ call_id, level_db: -21, speaking: true }] }],
    ['conference', { conference: expect.objectContaining({ id, locked: true }) }],
    ['gone', { call_ids: [call_id] }],
    ['ended', {}],
    [undefined, undefined],
  ])
  expect(JSON.stringify(client.told)).not.toContain('4711')
})

test('only one’s own can be followed', async () => {
  const { id: conference_id } = await lab.conferences.create(ours, {})
  const others = await open(otherKey)
  for (const wrong of [conference_id, 'x', '11111111-2222-4333-8444-555555555555']) {
    const follow = { id: wrong, do: 'follow', params: { conference_id: wrong } }
    expect(await others.ask(follow)).toMatchObject({ status: 404, error: { code: 'not_found' } })
  }
})
