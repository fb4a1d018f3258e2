import { Type } from 'typebox'
import {
  changeAccount,
  closeAccount,
  createAccount,
  getAccount,
  listAccounts,
} from '../../../app/directory/accounts.ts'
import { createKey, type Giver } from '../../../app/directory/keys.ts'
import { limitsOf, setLimits } from '../../../app/directory/limits.ts'
import type { CallStatus } from '../../../core/call.ts'
import type { AccountId, CallId } from '../../../core/ids.ts'
import type { Account } from '../../../core/ports/store.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import {
  accountChangeSchema,
  accountSchema,
  newAccountSchema,
  readAccountChange,
  renderAccount,
} from './account-schema.ts'
import { pageSchemas } from './call-schema.ts'
import { madeKeySchema, newKeySchema, readKeyWish, renderKey } from './key-schema.ts'
import { giverOf } from './keys.ts'
import { limitsSchema, newLimitsSchema, readLimits, renderLimits } from './limits.ts'

const base = '/v1/voice/accounts'
const tag = 'Accounts'
const byId = { path: `${base}/:account_id`, params: Type.Object({ account_id: Type.String() }) }
const needs = 'operator'
const notThere = { 404: { says: 'There is no such account' } }

const create = route({
  method: 'POST',
  path: base,
  body: newAccountSchema,
  needs,
  operation: {
    ...{ id: 'createAccount', tag, summary: 'Make an account' },
    description:
      'With its first key, which is shown here and never again. Numbers and devices it makes itself.',
    replies: {
      201: {
        says: 'Account made',
        schema: Type.Object({ account: accountSchema, key: madeKeySchema }),
      },
    },
  },
  async run(request, { directory }) {
    const { body } = request
    const { name, record_trigger_calls, requests_per_second } = body
    const account = await createAccount(directory, {
      name,
      ...(record_trigger_calls !== undefined && { recordTriggerCalls: record_trigger_calls }),
      ...(requests_per_second !== undefined && { requestsPerSecond: requests_per_second }),
    })
    const first = await createKey(directory, account, { name: 'first' }, giverTo(account, request))
    return {
      status: 201,
      headers: { location: `${base}/${account.id}` },
      body: { account: renderAccount(account), key: { ...renderKey(first.key), key: first.text } },
    }
  },
})

/** The operator gives other accounts what they may have; yet a test key makes test keys alone. */
const giverTo = (account: Pick<Account, 'id'>, request: Parameters<typeof giverOf>[0]): Giver =>
  account.id === request.account.id
    ? giverOf(request)
    : { scopes: null, isTest: request.account.isTest ?? false }

const list = route({
  method: 'GET',
  path: base,
  query: Type.Object({ ...pageSchemas }, { additionalProperties: false }),
  needs,
  operation: {
    ...{ id: 'listAccounts', tag, summary: 'List accounts' },
    description: 'In the order in which they were made.',
    replies: {
      200: {
        says: 'List of accounts',
        schema: Type.Object({
          accounts: Type.Array(accountSchema),
          ...{ total: Type.Integer(), page: Type.Integer(), page_size: Type.Integer() },
        }),
      },
    },
  },
  async run({ query }, { directory }) {
    const { page = 1, page_size = 50 } = query
    const { accounts, total } = await listAccounts(directory, { page, pageSize: page_size })
    return { status: 200, body: { accounts: accounts.map(renderAccount), total, page, page_size } }
  },
})

const get = route({
  method: 'GET',
  ...byId,
  needs,
  operation: {
    ...{ id: 'getAccount', tag, summary: 'Get an account' },
    replies: { 200: { says: 'The account', schema: accountSchema }, ...notThere },
  },
  async run({ params }, { directory }) {
    return { status: 200, body: renderAccount(await getAccount(directory, params.account_id)) }
  },
})

const change = route({
  method: 'PATCH',
  ...byId,
  body: accountChangeSchema,
  needs,
  operation: {
    ...{ id: 'updateAccount', tag, summary: 'Change an account, suspend it, or let it go on' },
    description:
      'Fields that are not given stay. Calls that are up when an account is suspended go on; its WebSockets are closed.',
    replies: { 200: { says: 'Account changed', schema: accountSchema }, ...notThere },
  },
  async run({ params, body }, { directory }) {
    const account = await changeAccount(directory, params.account_id, {
      ...readAccountChange(body),
      requestsPerSecond: body.requests_per_second,
      status: body.status,
    })
    return { status: 200, body: renderAccount(account) }
  },
})

const close = route({
  method: 'DELETE',
  ...byId,
  needs,
  operation: {
    ...{ id: 'closeAccount', tag, summary: 'Close an account for good' },
    description:
      'Its keys are revoked, its calls ended, and its numbers and devices deleted: other accounts may have them, and what lies in the mailboxes of the devices is gone. Its records are kept.',
    replies: { 204: { says: 'Account closed' }, ...notThere },
  },
  async run({ params }, services) {
    const { id } = await closeAccount(services.directory, params.account_id)
    await endAllCalls(services, id)
    return { status: 204 }
  },
})

const live: readonly CallStatus[] = ['queued', 'ringing', 'in-progress']
const pageSize = 100

async function endAllCalls({ callCentre }: Services, account: AccountId): Promise<void> {
  const ids: CallId[] = []
  for (const status of live) {
    for (let page = 1; ; page++) {
      const { calls } = await callCentre.listCalls(account, { status, page, pageSize })
      ids.push(...calls.map(({ id }) => id))
      if (calls.length < pageSize) break
    }
  }
  for (const id of ids) await callCentre.endCall(account, id)
}

const addKey = route({
  method: 'POST',
  path: `${byId.path}/keys`,
  params: byId.params,
  body: newKeySchema,
  bodyIsOptional: true,
  needs,
  operation: {
    ...{ id: 'createAccountKey', tag, summary: 'Make a key for an account' },
    description: 'For an account that has lost its keys.',
    replies: { 201: { says: 'Key made', schema: madeKeySchema }, ...notThere },
  },
  async run(request, { directory }) {
    const { params, body } = request
    const account = await getAccount(directory, params.account_id)
    const wish = { ...readKeyWish(body), isTest: body.test }
    const { key, text } = await createKey(directory, account, wish, giverTo(account, request))
    return { status: 201, body: { ...renderKey(key), key: text } }
  },
})

const accountLimits = { path: `${byId.path}/limits`, params: byId.params }
const limitsReply = { 200: { says: 'The limits', schema: limitsSchema }, ...notThere }

const getLimits = route({
  method: 'GET',
  ...accountLimits,
  needs,
  operation: {
    ...{ id: 'getAccountLimits', tag, summary: 'What an account may do at most' },
    replies: limitsReply,
  },
  async run({ params }, { directory }) {
    const account = await getAccount(directory, params.account_id)
    return { status: 200, body: renderLimits(limitsOf(account)) }
  },
})

const putLimits = route({
  method: 'PUT',
  ...accountLimits,
  body: newLimitsSchema,
  needs,
  operation: {
    ...{ id: 'setAccountLimits', tag, summary: 'Limit what an account may do' },
    description: 'As the limits of one’s own account.',
    replies: limitsReply,
  },
  async run({ params, body }, { directory }) {
    const account = await getAccount(directory, params.account_id)
    return {
      status: 200,
      body: renderLimits(await setLimits(directory, account, readLimits(body))),
    }
  },
})

export const accountRoutes: readonly Route[] = [
  ...[create, list, get, change, close],
  ...[addKey, getLimits, putLimits],
]
