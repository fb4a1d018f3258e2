import { Type } from 'typebox'
import {
  callsOf,
  contactsOf,
  type DeviceCall,
  namedNumbersOf,
} from '../../../app/directory/device-page.ts'
import { deviceNamed } from '../../../app/directory/devices.ts'
import { callStatuses } from '../../../core/call.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import { deviceParams } from './device-tokens.ts'
import { nullable } from './nullable.ts'
import { isoTime } from './values.ts'

const tag = 'Device page'
const base = '/v1/voice/devices/:device_id'
const time = nullable(Type.String({ format: 'date-time' }))

const contactsSchema = Type.Object(
  {
    contacts: Type.Array(
      Type.Object({
        username: Type.String({ description: 'What to dial' }),
        name: Type.String(),
        presence: Type.Enum(['available', 'ringing', 'busy', 'offline'], {
          description: '`busy`: in a call; `offline`: registered nowhere',
        }),
      }),
      { description: 'The other devices of the account, by name' },
    ),
    numbers: Type.Array(
      Type.Object({
        kind: Type.Enum(['number', 'speed-dial']),
        name: Type.String(),
        dial: Type.String({ description: "E.164 or a device's user name" }),
      }),
      { description: 'Numbers and speed dials of the account' },
    ),
    test_number: nullable(
      Type.String({ description: 'Sends back what it hears; there is one while the lab is on' }),
    ),
  },
  { 'x-name': 'DeviceContacts' },
)

const callSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    direction: Type.Enum(['incoming', 'outgoing'], { description: 'As the device sees it' }),
    party: Type.String({ description: 'The other side: E.164, user name, or SIP address' }),
    party_name: nullable(Type.String({ description: 'Where it is a device of the account' })),
    status: Type.Enum([...callStatuses]),
    outcome: nullable(
      Type.Enum(['answered', 'missed', 'no-answer', 'canceled', 'busy', 'declined', 'failed']),
    ),
    reason: nullable(Type.String({ description: 'Why it ended, as `end_reason` of a call' })),
    started_at: Type.String({ format: 'date-time' }),
    answered_at: time,
    ended_at: time,
    duration: nullable(Type.Integer({ description: 'Seconds since the answer' })),
    sip_call_id: nullable(Type.String({ description: 'Of its leg, as long as the call goes on' })),
  },
  { 'x-name': 'DeviceCall' },
)

const contacts = route({
  method: 'GET',
  path: `${base}/contacts`,
  params: deviceParams,
  ofDevice: { param: 'device_id' },
  operation: {
    id: 'listDeviceContacts',
    tag,
    summary: 'Whom a device can call, and whether they are there',
    replies: { 200: { says: 'Contacts', schema: contactsSchema } },
  },
  async run({ account, params }, services) {
    const ports = portsOf(services)
    const device = await deviceNamed(services.directory, account.id, params.device_id)
    const found = await contactsOf(ports, device)
    return {
      status: 200,
      body: {
        contacts: found.map(({ device: { username, name }, presence }) => ({
          ...{ username, name, presence },
        })),
        numbers: await namedNumbersOf(ports, device),
        test_number: services.testNumber,
      },
    }
  },
})

const defaultLimit = 50

const calls = route({
  method: 'GET',
  path: `${base}/calls`,
  params: deviceParams,
  query: Type.Object(
    { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: defaultLimit })) },
    { additionalProperties: false },
  ),
  ofDevice: { param: 'device_id' },
  operation: {
    id: 'listDeviceCalls',
    tag,
    summary: "A device's calls",
    description: 'Those that go on first, then the newest.',
    replies: {
      200: { says: 'Calls', schema: Type.Object({ calls: Type.Array(callSchema) }) },
    },
  },
  async run({ account, params, query }, services) {
    const device = await deviceNamed(services.directory, account.id, params.device_id)
    const found = await callsOf(portsOf(services), device, query.limit ?? defaultLimit)
    return { status: 200, body: { calls: found.map(renderCall) } }
  },
})

const portsOf = ({ directory, registeredContacts }: Services) => ({
  store: directory.store,
  registeredContacts,
})

function renderCall({ call, direction, party, partyName, outcome }: DeviceCall) {
  const { id, status, endReason, startedAtMs, createdAtMs, answeredAtMs, endedAtMs } = call
  const talkedMs = answeredAtMs !== null && endedAtMs !== null ? endedAtMs - answeredAtMs : null
  return {
    ...{ id, direction, party, party_name: partyName, status, outcome, reason: endReason },
    started_at: isoTime(startedAtMs ?? createdAtMs),
    answered_at: answeredAtMs === null ? null : isoTime(answeredAtMs),
    ended_at: endedAtMs === null ? null : isoTime(endedAtMs),
    duration: talkedMs === null ? null : Math.round(talkedMs / 1000),
    sip_call_id: outcome === null ? call.sipCallId : null,
  }
}

export const devicePageRoutes: readonly Route[] = [contacts, calls]
