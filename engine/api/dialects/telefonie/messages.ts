import { type Static, Type } from 'typebox'
import { mailboxOf, setMailbox } from '../../../app/directory/mailboxes.ts'
import type { MessageCounts } from '../../../core/ports/mailbox.ts'
import { type Route, route } from '../../dialect.ts'

const party = (description: string) => Type.String({ minLength: 1, maxLength: 64, description })
const newMessageSchema = Type.Object(
  {
    to: party("A device's user name, or a number of yours that leads to one"),
    from: Type.Optional(
      party("A number or a device of yours; the account's default number when absent"),
    ),
    text: Type.String({
      ...{ minLength: 1, maxLength: 4096 },
      description: 'At most 4096 bytes in UTF-8; a phone on UDP takes 1300',
    }),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewMessage' },
    examples: [{ to: '1001', text: 'The parcel is here' }],
  },
)
const messageSchema = Type.Object(
  {
    to: Type.String(),
    status: Type.Literal('delivered', { description: 'A phone has taken it' }),
  },
  { 'x-name': 'Message' },
)

const send = route({
  method: 'POST',
  path: '/v1/voice/messages',
  body: newMessageSchema,
  operation: {
    id: 'sendMessage',
    tag: 'Devices',
    summary: 'Send a text to a device',
    description:
      'By SIP MESSAGE to every phone that is registered for it; answers when one has taken it, after 20 seconds at most.',
    replies: {
      200: { says: 'Delivered', schema: messageSchema },
      404: { says: 'There is no such device' },
      409: { says: 'It is not registered (device_not_registered)' },
      424: { says: 'Its phone refuses the text (callee_rejected)' },
      504: { says: 'Its phone does not answer (timed_out)' },
    },
  },
  async run({ account, body }, { callCentre }) {
    await callCentre.sendMessage(account, body)
    return { status: 200, body: { to: body.to, status: 'delivered' } }
  },
})

const count = (description: string) => Type.Integer({ minimum: 0, maximum: 9999, description })
const countsFields = {
  new: count('Not heard yet'),
  old: count('Heard'),
  urgent_new: Type.Optional(count('Of the new ones; 0 when absent')),
  urgent_old: Type.Optional(count('Of the old ones; 0 when absent')),
}
const mailboxSchema = Type.Object(countsFields, { 'x-name': 'Mailbox' })
const newCountsSchema = Type.Object(countsFields, {
  ...{ additionalProperties: false, 'x-name': 'MailboxCounts' },
  examples: [{ new: 2, old: 5 }],
})
const idSchema = Type.Object({ device_id: Type.String() })
const path = '/v1/voice/devices/:device_id/messages'

const getCounts = route({
  method: 'GET',
  path,
  params: idSchema,
  operation: {
    id: 'getDeviceMessages',
    tag: 'Devices',
    summary: "What a device's message lamp shows",
    replies: { 200: { says: 'Messages that wait', schema: mailboxSchema } },
  },
  async run({ account, params }, { directory }) {
    return { status: 200, body: render(await mailboxOf(directory, account.id, params.device_id)) }
  },
})

const setCounts = route({
  method: 'PUT',
  path,
  params: idSchema,
  body: newCountsSchema,
  operation: {
    id: 'setDeviceMessages',
    tag: 'Devices',
    summary: "Set what a device's message lamp shows",
    description:
      'For a voicemail of your own. Phones that subscribed to their mailbox are told (RFC 3842), and those that are registered without having asked.',
    replies: { 200: { says: 'Messages that wait', schema: mailboxSchema } },
  },
  async run({ account, params, body }, { directory }) {
    const counts = await setMailbox(directory, account.id, params.device_id, read(body))
    return { status: 200, body: render(counts) }
  },
})

const read = (body: Static<typeof newCountsSchema>): MessageCounts => ({
  ...{ new: body.new, old: body.old },
  ...{ urgentNew: body.urgent_new ?? 0, urgentOld: body.urgent_old ?? 0 },
})

const render = ({ new: fresh, old, urgentNew, urgentOld }: MessageCounts) => ({
  ...{ new: fresh, old, urgent_new: urgentNew, urgent_old: urgentOld },
})

export const messageRoutes: readonly Route[] = [send, getCounts, setCounts]
