/**
 * A process whose files may not grow beyond a limit (set by who starts it). It commits until three
 * commits were refused, asks for a call then, and prints what happened as JSON. Argument: the file.
 */
import { openStore } from '../../../engine/store/index.ts'
import { accountId, call, callId, event } from './fixtures.ts'

const [path = ''] = process.argv.slice(2)
const store = await openStore({ path, clock: { nowMs: () => 5_000 } })
const committed: number[] = []
const errors: string[] = []
for (let number = 0; errors.length < 3; number++) {
  const row = call(number, { url: 'x'.repeat(3_000) })
  try {
    await store.calls.commit(row, [event(row, 'call.queued'), event(row, 'call.ringing')])
    committed.push(number)
  } catch (error) {
    errors.push((error as Error).message)
  }
}
const readable = (await store.calls.get(accountId, callId(0))) !== undefined
await store.close().catch(() => undefined)
process.stdout.write(JSON.stringify({ committed, errors, readable }))
