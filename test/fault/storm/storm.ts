import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AccountId } from '../../../engine/core/ids.ts'
import type { Store } from '../../../engine/core/ports/store.ts'
import { openStore } from '../../../engine/store/index.ts'
import { type EngineProcess, startEngine } from '../../support/engine-process.ts'
import { Callees, calleesAddress } from './callees.ts'
import { LogReader } from './log-reader.ts'
import { Wishes } from './wishes.ts'

const settings = {
  RINGDOWN_SIP_HOST: '127.0.0.1',
  RINGDOWN_LAB: 'off',
  RINGDOWN_DEFAULT_NUMBER: '+61290000001',
  RINGDOWN_LOG_LEVEL: 'error',
}
const lanes = 6
const pauseMs = 120
/** How long an engine lives before it is killed. */
const shortestLifeMs = 300
const longestLifeMs = 1_500
/** However slow the machine is. */
const leastWishes = 30
const startMicro = 10_000_000_000
/** Calls ring for 5 s at most and talk for less. */
const restWithinMs = 60_000

/** What came of it; all but the counts must be empty or zero. */
export interface Aftermath {
  readonly kills: number
  readonly wishes: number
  readonly askedAgain: number
  readonly events: number
  readonly rungTwice: readonly string[]
  readonly twoIds: readonly string[]
  readonly refusals: readonly string[]
  readonly logFaults: readonly string[]
  /** The last number of the log that was not read. */
  readonly unread: number
  readonly unfinished: number
  readonly ledgerMicro: number
  readonly heldMicro: number
}

/**
 * Kills an engine under load again and again (SIGKILL), while applications want calls, a reader follows the log and every
 * call costs money; then looks whether it all adds up. `database` empty: SQLite.
 */
export async function storm(
  kills: number,
  tell: (line: string) => void = () => undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<Aftermath> {
  const callees = new Callees()
  const port = await callees.open()
  let engine = await startEngine({ ...settings, ...more })
  const { dataDir } = engine
  const reader = new LogReader()
  try {
    await prepare(engine, port)
    await engine.stop('SIGKILL')
    await giveMoney(dataDir)
    engine = await startEngine({ ...settings, ...more }, dataDir)
    reader.readFrom(engine)
    const wishes = new Wishes(() => engine)
    const wishing = wishes.run(lanes, pauseMs)
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(shortestLifeMs + Math.random() * (longestLifeMs - shortestLifeMs))
      await engine.stop('SIGKILL')
      engine = await startEngine({ ...settings, ...more }, dataDir)
      reader.readFrom(engine)
      tell(
        `${kill} of ${kills} kills, ${wishes.all.length} calls wanted, ${reader.last} events read`,
      )
    }
    await sleep(longestLifeMs)
    while (wishes.all.length < leastWishes) await sleep(100)
    wishes.stop()
    await wishing
    await untilQuiet(engine, reader)
    await engine.stop()
    return { kills, ...(await look(dataDir, { callees, reader, wishes })) }
  } finally {
    reader.close()
    await engine.stop('SIGKILL')
    engine.removeData()
    callees.close()
  }
}

async function prepare(engine: EngineProcess, port: number): Promise<void> {
  const trunk = { name: 'storm', host: calleesAddress, port, prefixes: ['+612555'] }
  const { status, body } = await engine.send('POST', '/v1/voice/trunks', trunk)
  if (status !== 201) throw new Error(`the trunk was not made: ${JSON.stringify(body)}`)
}

async function withStore<Value>(
  dataDir: string,
  work: (store: Store, account: AccountId) => Promise<Value>,
): Promise<Value> {
  const path = join(dataDir, 'ringdown.db')
  const store = await openStore({ path, clock: { nowMs: () => Date.now() } })
  try {
    const account = await store.accounts.first()
    if (!account) throw new Error('there is no account')
    return await work(store, account.id)
  } finally {
    await store.close()
  }
}

const giveMoney = (dataDir: string): Promise<void> =>
  withStore(dataDir, async (store, account) => {
    await store.accounts.update({
      ...(await store.accounts.get(account))!,
      requestsPerSecond: 10_000,
    })
    await store.money.configure(account, {
      ...{ billing: 'prepaid', currency: 'AUD', creditLimitMicro: 0 },
      ...{ lowBalanceMicro: [], deck: null },
    })
    await store.money.book(account, {
      kind: 'top-up',
      lines: [
        { book: 'balance', micro: startMicro },
        { book: 'funds', micro: -startMicro },
      ],
    })
  })

/** Until no call is left, and nothing more is told of any. */
async function untilQuiet(engine: EngineProcess, reader: LogReader): Promise<void> {
  const endMs = performance.now() + restWithinMs
  let before = -1
  while (performance.now() < endMs) {
    const live = await liveCalls(engine)
    if (live === 0 && reader.last === before) return
    before = reader.last
    await sleep(1_000)
  }
}

async function liveCalls(engine: EngineProcess): Promise<number> {
  let live = 0
  for (const status of ['queued', 'ringing', 'in-progress']) {
    live += (await engine.get(`/v1/voice/calls?status=${status}&page_size=1`)).body.total
  }
  return live
}

interface Seen {
  readonly callees: Callees
  readonly reader: LogReader
  readonly wishes: Wishes
}

const look = (
  dataDir: string,
  { callees, reader, wishes }: Seen,
): Promise<Omit<Aftermath, 'kills'>> =>
  withStore(dataDir, async (store, account) => {
    const { allMicro, heldMicro } = await store.money.totals()
    return {
      wishes: wishes.all.length,
      askedAgain: wishes.all.filter(({ asked }) => asked > 1).length,
      events: reader.last,
      rungTwice: [...callees.rung].filter(([, count]) => count > 1).map(([number]) => number),
      twoIds: wishes.all.filter(({ ids }) => ids.size > 1).map(({ number }) => number),
      refusals: wishes.refusals,
      logFaults: reader.faults,
      unread: (await store.events.last(account)) - reader.last,
      unfinished: (await store.calls.unfinished()).length,
      ...{ ledgerMicro: allMicro, heldMicro },
    }
  })
