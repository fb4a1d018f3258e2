import type { ComponentChildren, JSX } from 'preact'
import type { IconName } from '../../app/parts/icons.tsx'
import { clockTime } from '../../app/words/time.ts'
import type { News } from '../api/feed.ts'
import { isTrue, type Json, number, objectOf, text } from '../api/json.ts'
import { Chip } from '../parts/chip.tsx'
import { address, type Column, plain, prose } from '../parts/table.tsx'
import { ofCalls } from '../use-asked.ts'
import type { View } from '../views.tsx'
import { whenOf } from '../words.ts'
import { AccountView } from './account.tsx'
import { RenewPassword, WebhookActions } from './extras.tsx'
import { QueueView } from './queue.tsx'
import { VoicemailBoxView } from './voicemail-box.tsx'

/** Objects of one kind, by the ids of the operations that list, make, change and remove them. */
export interface Resource {
  readonly name: string
  readonly title: string
  readonly group: View['group']
  readonly isForOperator?: true
  readonly about: string
  readonly icon: IconName
  readonly operations: {
    readonly list: string
    readonly create?: string
    readonly change?: string
    readonly remove?: string
  }
  /** The name of the list in the answer. */
  readonly listed: string
  readonly query?: Readonly<Record<string, string | number>>
  /** In the path. */
  readonly idParam: string
  /** In the object. */
  readonly idField: string
  readonly columns: readonly Column[]
  nameOf(row: Json): string
  readonly createWord: string
  readonly removeWord: string
  readonly removeSays: string
  readonly nothing: string
  /** What of a new object is told once: names and values. */
  toldOnce?(made: Json): readonly (readonly [name: string, value: string])[]
  readonly everyMs?: number
  /** News that changes the list. */
  readonly at?: (news: News) => boolean
  /** The page of one of them. */
  readonly one?: (id: string) => JSX.Element
  /** More that can be done with one. */
  extra?(row: Json, reload: () => void): ComponentChildren
}

const chipOf = (title: string, word: (row: Json) => string): Column => ({
  title,
  cell: (row) => <Chip word={word(row)} />,
})
/** Its name, which leads to its page. */
const link = (title: string, view: string): Column => ({
  title,
  cell: (row) => (
    <a class="prose" href={`#/${view}/${text(row, 'id')}`}>
      {text(row, 'name')}
    </a>
  ),
})
const time = (title: string, name: string): Column => ({ title, cell: (row) => whenOf(row, name) })
const list = (title: string, name: string): Column => ({
  title,
  cell: (row) => {
    const values = row[name]
    return Array.isArray(values) ? values.join(', ') : ''
  },
})

/** How many messages of a kind a box has. */
const messagesOf = (title: string, name: string): Column => ({
  title,
  isNumber: true,
  cell: (row) => number(objectOf(row['messages']), name) ?? 0,
})

const scopesOf = ({ scopes }: Json): string =>
  Array.isArray(scopes) ? scopes.join(', ') : 'everything'

export const resources: readonly Resource[] = [
  {
    ...{ name: 'numbers', title: 'Numbers', group: 'Set-up', icon: 'keypad', idField: 'id' },
    about: 'What a call to each number does.',
    operations: {
      ...{ list: 'listNumbers', create: 'createNumber' },
      ...{ change: 'patchNumber', remove: 'deleteNumber' },
    },
    ...{ listed: 'numbers', idParam: 'number_id' },
    columns: [
      plain('Number', 'number'),
      { title: 'Does', cell: (row) => routeWords(objectOf(row['route'])) },
    ],
    nameOf: (row) => text(row, 'number'),
    ...{ createWord: 'Add a number', removeWord: 'Remove' },
    removeSays: 'Calls to it are not taken any more.',
    nothing: 'No numbers yet',
  },
  {
    ...{ name: 'devices', title: 'Devices', group: 'Set-up', icon: 'phone', idField: 'id' },
    about: 'Phones and browsers that register here.',
    operations: {
      ...{ list: 'listDevices', create: 'createDevice' },
      ...{ change: 'patchDevice', remove: 'deleteDevice' },
    },
    ...{ listed: 'devices', idParam: 'device_id' },
    at: ({ type }) => type.startsWith('device.'),
    extra: (row) => <RenewPassword device={row} />,
    columns: [
      plain('User name', 'username'),
      prose('Name', (row) => text(row, 'name')),
      chipOf('State', (row) => (isTrue(row, 'registered') ? 'registered' : 'not registered')),
      {
        title: 'At',
        cell: (row) =>
          (Array.isArray(row['contacts']) ? row['contacts'] : [])
            .map((contact) => text(objectOf(contact), 'source'))
            .join(', '),
      },
    ],
    nameOf: (row) => text(row, 'username'),
    ...{ createWord: 'Add a device', removeWord: 'Remove' },
    toldOnce: (made) => [['password', text(made, 'password')]],
    removeSays: 'Its phone is signed out and can not call any more.',
    nothing: 'No devices yet',
  },
  {
    one: (id) => <QueueView key={id} id={id} />,
    at: ofCalls,
    ...{ name: 'queues', title: 'Queues', group: 'Now', icon: 'contacts', idField: 'id' },
    about: 'Callers who wait, and the agents who take them.',
    operations: {
      ...{ list: 'listQueues', create: 'createQueue' },
      ...{ change: 'updateQueue', remove: 'deleteQueue' },
    },
    ...{ listed: 'queues', idParam: 'queue_id', everyMs: 3_000 },
    columns: [
      link('Name', 'queues'),
      plain('Strategy', 'strategy'),
      { ...plain('Waiting', 'waiting'), isNumber: true },
      { title: 'Longest', isNumber: true, cell: (row) => waitWords(row) },
      { ...plain('Ringing', 'ringing'), isNumber: true },
      { ...plain('Talking', 'talking'), isNumber: true },
      {
        title: 'Agents',
        isNumber: true,
        cell: (row) => (Array.isArray(row['agents']) ? row['agents'].length : 0),
      },
    ],
    nameOf: (row) => text(row, 'name'),
    ...{ createWord: 'Add a queue', removeWord: 'Remove' },
    removeSays: 'Who waits in it goes on with what comes after.',
    nothing: 'No queues yet',
  },
  {
    one: (id) => <VoicemailBoxView key={id} id={id} />,
    at: ({ type }) => type.startsWith('voicemail.'),
    ...{ name: 'voicemail', title: 'Voicemail', group: 'Set-up', icon: 'voicemail', idField: 'id' },
    about: 'Boxes in which callers leave messages.',
    operations: {
      ...{ list: 'listVoicemailBoxes', create: 'createVoicemailBox' },
      ...{ change: 'updateVoicemailBox', remove: 'deleteVoicemailBox' },
    },
    ...{ listed: 'voicemail_boxes', idParam: 'box_id' },
    columns: [
      link('Name', 'voicemail'),
      plain('Box', 'id'),
      messagesOf('New', 'new'),
      messagesOf('Saved', 'saved'),
      { title: 'PIN', cell: (row) => (isTrue(row, 'has_pin') ? 'set' : 'none') },
      prose('E-mail', (row) => text(row, 'email')),
    ],
    nameOf: (row) => text(row, 'name'),
    ...{ createWord: 'Add a box', removeWord: 'Remove' },
    removeSays: 'Its messages and their audio are deleted for good.',
    nothing: 'No voicemail boxes yet',
  },
  {
    ...{ name: 'keys', title: 'API keys', group: 'Set-up', icon: 'settings', idField: 'id' },
    about: 'Who may use the API, and for what. A key is shown once.',
    operations: { list: 'listKeys', create: 'createKey', change: 'updateKey', remove: 'revokeKey' },
    ...{ listed: 'keys', idParam: 'key_id' },
    columns: [
      prose('Name', (row) => text(row, 'name')),
      plain('Key', 'hint'),
      chipOf('Kind', (row) => (isTrue(row, 'test') ? 'test' : 'live')),
      { title: 'May', cell: scopesOf },
      time('Last used', 'last_used'),
      time('Ends', 'expires_at'),
    ],
    nameOf: (row) => text(row, 'name') || text(row, 'hint'),
    ...{ createWord: 'Make a key', removeWord: 'Revoke' },
    toldOnce: (made) => [['key', text(made, 'key')]],
    removeSays: 'Who uses it is refused from now on. This can not be undone.',
    nothing: 'No keys',
  },
  {
    ...{ name: 'webhooks', title: 'Webhooks', group: 'Set-up', icon: 'merge', idField: 'id' },
    about: 'Where events of this account are sent.',
    operations: {
      ...{ list: 'listWebhooks', create: 'createWebhook' },
      ...{ change: 'updateWebhook', remove: 'deleteWebhook' },
    },
    ...{ listed: 'webhooks', idParam: 'webhook_id' },
    columns: [address('Address', 'url'), list('Events', 'events'), chipOf('State', enabledWord)],
    nameOf: (row) => text(row, 'url'),
    ...{ createWord: 'Add a webhook', removeWord: 'Remove' },
    toldOnce: (made) => [['signing_secret', text(made, 'secret')]],
    removeSays: 'Nothing more is sent there.',
    extra: (row) => <WebhookActions webhook={row} />,
    nothing: 'No webhooks yet',
  },
  {
    ...{ name: 'trunks', title: 'Trunks', group: 'Operator', icon: 'swap', idField: 'id' },
    isForOperator: true,
    about: 'Carriers and PBXs that calls leave and come by.',
    operations: {
      ...{ list: 'listTrunks', create: 'createTrunk' },
      ...{ change: 'patchTrunk', remove: 'deleteTrunk' },
    },
    ...{ listed: 'trunks', idParam: 'trunk_id' },
    columns: [
      prose('Name', (row) => text(row, 'name')),
      { title: 'Host', cell: (row) => `${text(row, 'host')} ${text(row, 'transport')}` },
      list('Takes', 'prefixes'),
      chipOf('State', trunkState),
    ],
    nameOf: (row) => text(row, 'name'),
    ...{ createWord: 'Add a trunk', removeWord: 'Remove' },
    removeSays: 'Calls that are up go on; new ones need another trunk.',
    nothing: 'No trunks yet',
  },
  {
    one: (id) => <AccountView key={id} id={id} />,
    ...{ name: 'accounts', title: 'Accounts', group: 'Operator', icon: 'contacts', idField: 'id' },
    isForOperator: true,
    about: 'Those who use this installation. Each sees its own calls, numbers and devices alone.',
    operations: {
      ...{ list: 'listAccounts', create: 'createAccount' },
      ...{ change: 'updateAccount', remove: 'closeAccount' },
    },
    ...{ listed: 'accounts', idParam: 'account_id' },
    columns: [
      link('Name', 'accounts'),
      chipOf('State', (row) => text(row, 'status')),
      plain('Default number', 'default_number'),
      time('Since', 'date_created'),
    ],
    nameOf: (row) => text(row, 'name'),
    ...{ createWord: 'Add an account', removeWord: 'Close' },
    toldOnce: (made) => [['first_key', text(objectOf(made['key']), 'key')]],
    removeSays: 'Its keys are refused and its calls end.',
    nothing: 'No accounts',
  },
  {
    ...{ name: 'bans', title: 'Bans', group: 'Operator', icon: 'warning', idField: 'address' },
    isForOperator: true,
    about: 'Addresses that are not answered because of what they tried.',
    operations: { list: 'listBans', remove: 'liftBan' },
    ...{ listed: 'bans', idParam: 'address', everyMs: 5_000 },
    columns: [plain('Address', 'address'), plain('Because', 'reason'), time('Until', 'until')],
    nameOf: (row) => text(row, 'address'),
    ...{ createWord: '', removeWord: 'Lift the ban of' },
    removeSays: 'It is answered again.',
    nothing: 'Nobody is banned',
  },
]

const waitWords = (row: Json): string =>
  (number(row, 'waiting') ?? 0) > 0 ? clockTime(number(row, 'longest_waiting') ?? 0) : ''

function enabledWord(row: Json): string {
  return row['enabled'] === false ? 'paused' : 'enabled'
}

function trunkState(row: Json): string {
  if (row['enabled'] === false) return 'paused'
  const reachable = objectOf(row['status'])['reachable']
  if (reachable === false) return 'down'
  return reachable === true ? 'up' : 'enabled'
}

function routeWords(route: Json): string {
  const [device, onward, url, queue] = ['device', 'number', 'url', 'queue'].map((name) =>
    text(route, name),
  )
  if (device) return `rings ${device}`
  if (onward) return `goes on to ${onward}`
  if (url) return `asks ${url}`
  if (queue) return `waits in ${queue}`
  const room = text(objectOf(route['conference']), 'name')
  return room === '' ? 'runs verbs' : `joins ${room}`
}
