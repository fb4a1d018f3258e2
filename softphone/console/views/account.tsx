import type { JSX } from 'preact'
import { Empty } from '../../app/parts/empty.tsx'
import { type Json, objectOf, text } from '../api/json.ts'
import { problemText } from '../api/problem.ts'
import { useClient } from '../context.ts'
import { Act } from '../parts/act.tsx'
import { Chip } from '../parts/chip.tsx'
import { FormButton } from '../parts/form-button.tsx'
import { Money } from '../parts/money.tsx'
import { useAsked } from '../use-asked.ts'

/** An account as the operator sees it: its state, what it may, its money. */
export function AccountView({ id }: { readonly id: string }): JSX.Element {
  const client = useClient()
  const params = { account_id: id }
  const asked = useAsked(
    async () => {
      const [account, limits, balance] = await Promise.all([
        client.ask('getAccount', { params }),
        client.ask('getAccountLimits', { params }),
        client.ask('getBalance', { query: params }),
      ])
      return { account: objectOf(account), limits: objectOf(limits), balance: objectOf(balance) }
    },
    [id],
    { everyMs: 5_000 },
  )
  if (asked.value === undefined)
    return asked.problem === undefined ? (
      <p role="status">Loading…</p>
    ) : (
      <Empty icon="warning" title="This account can not be shown">
        <p class="muted">{problemText(asked.problem)}</p>
      </Empty>
    )
  const { account, limits, balance } = asked.value
  const done = asked.reload
  const status = text(account, 'status')
  const becomes = (to: string) => ({
    operation: 'updateAccount',
    act: async (): Promise<void> => {
      await client.ask('updateAccount', { params, body: { status: to } })
      done()
    },
  })
  const reference = `console ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`
  return (
    <>
      <p>
        <a href="#/accounts">All accounts</a>
      </p>
      <h1>{text(account, 'name')}</h1>
      <div class="filters">
        <Chip word={status} />
        {text(account, 'operator') === 'true' && <Chip word="operator" />}
        {status === 'active' && <Act word="Suspend" kind="danger" {...becomes('suspended')} />}
        {status === 'suspended' && <Act word="Let it go on" {...becomes('active')} />}
        <FormButton
          word="Make a key"
          operation="createAccountKey"
          params={params}
          done={done}
          toldOnce={(made) => [['key', text(made, 'key')]]}
        />
      </div>
      <h2>Money</h2>
      <div class="filters">
        <FormButton
          {...{ word: 'Billing', operation: 'setBilling', done }}
          before={balance}
          fixed={params}
        />
        <FormButton
          {...{ word: 'Top up', operation: 'topUp', done }}
          start={{ reference }}
          fixed={params}
        />
        <FormButton
          {...{ word: 'Adjust', operation: 'adjustBalance', done }}
          start={{ reference }}
          fixed={params}
        />
      </div>
      <Money account={id} />
      <div class="filters">
        <h2>Limits</h2>
        <FormButton
          {...{ word: 'Change limits', operation: 'setAccountLimits', params, done }}
          start={limits}
        />
      </div>
      <Limits limits={limits} />
    </>
  )
}

/** What an account may do at most, in words. */
function Limits({ limits }: { readonly limits: Json }): JSX.Element {
  const prefixes = (name: string): string => {
    const value = limits[name]
    return Array.isArray(value) ? value.join(', ') : ''
  }
  const said: readonly (readonly [name: string, value: string])[] = [
    ['Calls at once', text(limits, 'max_calls') || 'no limit'],
    ['Calls begun in a second', text(limits, 'max_calls_per_second') || 'no limit'],
    ['Spent in an hour', text(limits, 'max_spend_per_hour') || 'no limit'],
    ['Numbers that may be called', prefixes('allowed_prefixes') || 'all'],
    ['Numbers that may not', prefixes('denied_prefixes') || 'none'],
  ]
  return (
    <dl class="said">
      {said.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
