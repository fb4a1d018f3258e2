import { Type } from 'typebox'
import { subscribe, subscriptionsOf, unsubscribe } from '../../../app/directory/subscriptions.ts'
import type { Direction } from '../../../core/call.ts'
import { addressOfMailUrl, isMailUrl } from '../../../core/ports/mail.ts'
import type { Subscription } from '../../../core/subscriptions.ts'
import { type Route, route } from '../../dialect.ts'
import { readNumber } from './dialling.ts'
import { notifySchema, readOptions, readWanted } from './notify-options.ts'
import { checkTemplate } from './notify-template.ts'

/** By which the core knows whose subscriptions these are. */
export const dialectId = 'fonenumber'

const configSchema = Type.Object(
  {
    type: Type.Enum(['None', 'Callback', 'Email']),
    email: Type.String(),
    url: Type.String(),
    method: Type.Enum(['', 'GET', 'POST', 'JSON']),
    username: Type.Optional(Type.String({ description: 'The password is not shown again' })),
  },
  { 'x-name': 'FoneNumberCallback' },
)
const doneSchema = Type.Object({
  fonenumber: Type.Object(
    {
      fonenumber: Type.String({ description: 'E.164' }),
      call_options: Type.Object({ receive_notify: configSchema, send_notify: configSchema }),
    },
    { 'x-name': 'FoneNumber' },
  ),
})

const none = { type: 'None', email: '', url: '', method: '' }

function renderConfig(
  subscriptions: readonly Subscription[],
  direction: Direction,
): Record<string, unknown> {
  const found = subscriptions.find((one) => one.direction === direction)
  if (found === undefined) return none
  if (isMailUrl(found.url)) return { ...none, type: 'Email', email: addressOfMailUrl(found.url) }
  const { method, username } = readOptions(found.options)
  return {
    ...{ type: 'Callback', email: '', url: found.url, method },
    ...(username !== null && { username }),
  }
}

const configure = (
  path: string,
  direction: Direction,
  { id, summary }: { id: string; summary: string },
): Route =>
  route({
    method: 'POST',
    needs: 'manage',
    path,
    body: notifySchema,
    operation: {
      id,
      tag: 'FoneNumber',
      summary,
      description:
        'The url is told of each call when it begins and when it ends: account_code, direction, status (BEGIN or END), from, to, type and uid, and at the end disposition and billable_seconds. With `type` Email the same is written to `email`. `type` None ends that.',
      replies: { 200: { says: 'What holds from the next event on', schema: doneSchema } },
    },
    async run({ account, body }, { directory }) {
      const number = readNumber(String(body.fonenumber), 'fonenumber')
      const key = { accountId: account.id, dialect: dialectId, number, direction }
      const wanted = readWanted(body)
      if (wanted === 'none') await unsubscribe(directory, key)
      else {
        if (!isMailUrl(wanted.url)) checkTemplate(wanted.url)
        await subscribe(directory, { ...key, ...wanted })
      }
      const subscriptions = await subscriptionsOf(directory, key)
      const call_options = {
        receive_notify: renderConfig(subscriptions, 'inbound'),
        send_notify: renderConfig(subscriptions, 'outbound'),
      }
      return { status: 200, body: { fonenumber: { fonenumber: number, call_options } } }
    },
  })

export const notifyRoutes: readonly Route[] = [
  configure('/v2/calls/send_notify', 'outbound', {
    id: 'setCallSendNotify',
    summary: 'Choose who is told of the calls that are made from a number',
  }),
  configure('/v2/calls/receive_notify', 'inbound', {
    id: 'setCallReceiveNotify',
    summary: 'Choose who is told of the calls that a number gets',
  }),
]
