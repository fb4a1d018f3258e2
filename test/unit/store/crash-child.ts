/**
 * A process that commits calls as fast as it can until it is killed. It prints the number of each commit
 * after the commit has returned. Arguments: the database file, the first number.
 */
import { openStore } from '../../../engine/store/index.ts'
import { account, accountId, call, event } from './fixtures.ts'

const [path = '', first = '0'] = process.argv.slice(2)
const store = await openStore({
  ...{ path, clock: { nowMs: () => 5_000 } },
  // so that it dies in the middle of these too
  checkpoints: { everyMs: 1, atPages: 10, mostPages: 40 },
})
if ((await store.accounts.get(accountId)) === undefined) await store.accounts.insert(account)
for (let number = Number(first); ; number++) {
  const row = call(number, { statusCallback: 'http://app.example/' })
  await store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')])
  process.stdout.write(`${number}\n`)
  await new Promise((resolve) => setImmediate(resolve))
}
