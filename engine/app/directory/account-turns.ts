import type { AccountId } from '../../core/ids.ts'
import { Semaphore } from '../../core/semaphore.ts'

const turns = new Semaphore({ each: 1 })

/** Of what an account has, one thing is changed after the other: what was counted before is still so. */
export const inAccountTurn = <Result>(
  accountId: AccountId,
  work: () => Promise<Result>,
): Promise<Result> => turns.run(work, accountId)
