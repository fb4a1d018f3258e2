import { changeAccount, getAccount } from '../../../app/directory/accounts.ts'
import { type Route, route } from '../../dialect.ts'
import { scopesHeld } from '../../frame/permit.ts'
import {
  accountSchema,
  ownAccountChangeSchema,
  ownAccountSchema,
  readAccountChange,
  renderAccount,
} from './account-schema.ts'

const path = '/v1/voice/account'
const tag = 'Accounts'

const get = route({
  method: 'GET',
  path,
  forSuspended: true,
  operation: {
    ...{ id: 'getOwnAccount', tag, summary: 'One’s own account' },
    description:
      'And what the key that asks is for, by which a page knows what to offer. A suspended account may ask this too.',
    replies: { 200: { says: 'The account', schema: ownAccountSchema } },
  },
  async run(request, { directory }) {
    const { account } = request
    const key = { scopes: scopesHeld(request), test: account.isTest ?? false }
    return { status: 200, body: { ...renderAccount(await getAccount(directory, account.id)), key } }
  },
})

const change = route({
  method: 'PATCH',
  path,
  body: ownAccountChangeSchema,
  needs: 'manage',
  operation: {
    ...{ id: 'updateOwnAccount', tag, summary: 'Change one’s own account' },
    description: 'Fields that are not given stay.',
    replies: {
      200: { says: 'Account changed', schema: accountSchema },
      400: { says: 'The default number is none of yours (from_not_owned)' },
    },
  },
  async run({ account, body }, { directory }) {
    const changed = await changeAccount(directory, account.id, readAccountChange(body))
    return { status: 200, body: renderAccount(changed) }
  },
})

export const ownAccountRoutes: readonly Route[] = [get, change]
