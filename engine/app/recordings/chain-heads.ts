import type { AccountId } from '../../core/ids.ts'
import type { Store } from '../../core/ports/store.ts'
import type { ChainHead } from '../../core/recording-chain.ts'
import type { Ports } from '../ports.ts'

/** Where the newest entry of each chain is noted, outside the database. */
export interface HeadFiles {
  read(id: AccountId): Promise<ChainHead | undefined>
  write(id: AccountId, head: ChainHead): Promise<void>
}

type FollowPorts = Pick<Ports, 'clock' | 'log' | 'recordingSteps'> & {
  readonly store: {
    readonly accounts: Pick<Store['accounts'], 'list'>
    readonly recordings: Pick<Store['recordings'], 'chain'>
  }
}

const accountsAtOnce = 100
/** After an entry its head is noted this much later at most. */
const lateMs = 1_000

/**
 * Notes the head of each chain. At the start a chain that is shorter than it was, as after a restore of a backup, is told in
 * the chain itself (`set-back`), so that it can't be passed off as whole. Returns how to stop.
 */
export function followChains(ports: FollowPorts, files: HeadFiles): () => Promise<void> {
  const { clock, log, recordingSteps } = ports
  const changed = new Set<AccountId>()
  let disarm: (() => void) | undefined
  let work = recordingSteps.ready.then(() => begin(ports, files)).catch(told(log))
  const write = async (): Promise<void> => {
    const ids = [...changed]
    changed.clear()
    for (const id of ids) await note(ports, files, id)
  }
  const later = (id: AccountId): void => {
    changed.add(id)
    disarm ??= clock.after(lateMs, () => {
      disarm = undefined
      work = work.then(write).catch(told(log))
    })
  }
  recordingSteps.settled.push(({ accountId }) => later(accountId))
  recordingSteps.erased.push(({ accountId }) => later(accountId))
  return async () => {
    disarm?.()
    work = work.then(write).catch(told(log))
    await work
  }
}

const told = (log: FollowPorts['log']) => (error: unknown) => {
  log.error('the head of a chain of recordings is not noted', { error: String(error) })
}

async function begin(ports: FollowPorts, files: HeadFiles): Promise<void> {
  const { store } = ports
  for (let page = 1; ; page++) {
    const { accounts, total } = await store.accounts.list({ page, pageSize: accountsAtOnce })
    for (const { id } of accounts) await compare(ports, files, id)
    if (page * accountsAtOnce >= total) return
  }
}

async function compare(ports: FollowPorts, files: HeadFiles, id: AccountId): Promise<void> {
  const { store, clock, log } = ports
  const known = await files.read(id)
  if (known !== undefined && !(await isInChain(store.recordings.chain, id, known))) {
    log.error('a chain of recordings went back to an older state', { accountId: id, known })
    await store.recordings.chain.setBack(id, known, clock.nowMs())
  }
  await note(ports, files, id)
}

async function isInChain(
  chain: Store['recordings']['chain'],
  id: AccountId,
  known: ChainHead,
): Promise<boolean> {
  const [entry] = await chain.entries(id, known.sequence - 1, 1)
  return entry?.sequence === known.sequence && entry.hash === known.hash
}

async function note({ store }: FollowPorts, files: HeadFiles, id: AccountId): Promise<void> {
  const head = await store.recordings.chain.head(id)
  if (head !== undefined) await files.write(id, head)
}
