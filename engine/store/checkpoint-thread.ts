// The thread of checkpoints.ts. It never waits for a lock, so that nobody waits for it in turn.

import { fdatasyncSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { CheckpointOrder, CheckpointWord, CheckpointWork } from './checkpoints.ts'

if (parentPort === null) throw new Error('this is a thread, not a program')
const port = parentPort
const { path, descriptor, everyMs, atPages, mostPages } = workerData as CheckpointWork

const file = new DatabaseSync(path, { timeout: 0 })
// The log is on the disk before a page of it is copied, and the copies are before it begins anew.
file.exec('pragma synchronous = normal; pragma wal_autocheckpoint = 0')
const reader = new DatabaseSync(path, { readOnly: true, timeout: 0 })

interface Pages {
  readonly inLog: number
  readonly copied: number
  readonly isRefused: boolean
}

/** The log is written over from its beginning, or its file is made short too: that takes longer, but leaves nothing of what was written. */
type Beginning = 'restart' | 'truncate'

/** `noop` does nothing but count. */
function checkpoint(mode: 'noop' | 'passive' | Beginning): Pages {
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

/** The file of the log was not made short when that began anew. */
let isLong = false
let beginning: Beginning = 'truncate'

/** Copies beside those who write. True when the log should begin anew: nobody wrote meanwhile, or it is too long. */
function copy(): boolean {
  const before = checkpoint('noop')
  const isFew = before.inLog - before.copied < (isLong ? 1 : atPages)
  if (isFew && before.inLog <= mostPages) return false
  pin()
  checkpoint('passive')
  const after = checkpoint('noop')
  const isQuiet = after.copied === after.inLog
  beginning = isQuiet ? 'truncate' : 'restart'
  if (isQuiet) return true
  // Who reads for long, such as a backup, would be in the way of more than copying.
  if (after.inLog <= mostPages || after.copied < before.inLog) return false
  settle()
  return true
}

/**
 * What is copied while somebody writes is not on the disk with that: it is waited for here, beside those who write. Only
 * what they wrote last is left for when they have to wait.
 */
function settle(): void {
  fdatasyncSync(descriptor)
  unpin()
  pin()
  checkpoint('passive')
}

/** Only while nobody else writes. The first page of the new log, which waits for the disk, is written here too. */
function beginAnew(): void {
  unpin()
  if (checkpoint(beginning).isRefused) return
  file.exec('pragma user_version = 0')
  isLong = beginning === 'restart'
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
