// The thread of checkpoints.ts. It never waits for a lock, so that nobody waits for it in turn.

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { CheckpointOrder, CheckpointWord, CheckpointWork } from './checkpoints.ts'

if (parentPort === null) throw new Error('this is a thread, not a program')
const port = parentPort
const { path, everyMs, atPages, mostPages } = workerData as CheckpointWork

const file = new DatabaseSync(path, { timeout: 0 })
// The log is on the disk before a page of it is copied, and the copies are before it begins anew.
file.exec('pragma synchronous = normal; pragma wal_autocheckpoint = 0')
const reader = new DatabaseSync(path, { readOnly: true, timeout: 0 })

interface Pages {
  readonly inLog: number
  readonly copied: number
  readonly isRefused: boolean
}

/** `noop` does nothing but count. */
function checkpoint(mode: 'noop' | 'passive' | 'truncate'): Pages {
  const row = file.prepare(`pragma wal_checkpoint(${mode})`).get()
  const [inLog, copied] = [Number(row?.['log']), Number(row?.['checkpointed'])]
  return { inLog, copied, isRefused: row?.['busy'] === 1 }
}

/** As long as it reads, nobody can begin the log anew, not even when all of it has been copied. */
function pin(): void {
  reader.exec('begin')
  reader.exec('select 1 from sqlite_schema limit 1')
}

function unpin(): void {
  if (reader.isTransaction) reader.exec('rollback')
}

/** Copies beside those who write. True when the log should begin anew: nobody wrote meanwhile, or it is too long. */
function copy(): boolean {
  const before = checkpoint('noop')
  if (before.inLog - before.copied < atPages && before.inLog <= mostPages) return false
  pin()
  checkpoint('passive')
  const after = checkpoint('noop')
  if (after.copied === after.inLog) return true
  // Who reads for long, such as a backup, would be in the way of more than copying.
  return after.inLog > mostPages && after.copied >= before.inLog
}

/** Only while nobody else writes. The first page of the new log, which waits for the disk, is written here too. */
function beginAnew(): void {
  unpin()
  if (!checkpoint('truncate').isRefused) file.exec('pragma user_version = 0')
}

let timer: NodeJS.Timeout | undefined
let isOver = false

function look(): void {
  if (triedTo(copy)) {
    say('lend')
    return
  }
  triedTo(unpin)
  timer = setTimeout(look, everyMs)
}

port.on('message', (order: CheckpointOrder) => {
  // What was sent right behind `stop` is heard yet.
  if (isOver) return
  clearTimeout(timer)
  if (order === 'stop') {
    isOver = true
    reader.close()
    file.close()
    port.close()
    return
  }
  triedTo(beginAnew)
  say('done')
  timer = setTimeout(look, everyMs)
})

/** What a full or broken disk refuses is tried again at the next look; those who commit are told of it themselves. */
function triedTo<Of>(work: () => Of): Of | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const say = (word: CheckpointWord): void => port.postMessage(word)

say('ready')
look()
