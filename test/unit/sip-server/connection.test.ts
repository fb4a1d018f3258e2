/** Frames to an application: written together, all of them, in order. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { newCounters } from '../../../engine/sip-server/counters.ts'
import { systemRandom } from '../../../engine/sip-server/random.ts'
import { foundation } from '../../../engine/sip-server/server.ts'
import type { ControlContext } from '../../../engine/sip-server/wire/commands.ts'
import { ControlConnection } from '../../../engine/sip-server/wire/connection.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

/** Notes what is written, and that it was closed. */
class Wire extends EventEmitter {
  readonly writes: string[] = []
  readonly ends: string[] = []
  destroyed = false
  writableLength = 0
  setNoDelay(): void {}
  setKeepAlive(): void {}
  write(bytes: Buffer): void {
    this.writes.push(bytes.toString('latin1'))
  }
  end(): void {
    this.ends.push('end')
  }
  destroy(): void {
    this.destroyed = true
    this.ends.push('destroy')
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function connected() {
  const { base } = foundation({
    ...{ host: '127.0.0.1', port: 0, transports: [], controlHost: '127.0.0.1', controlPort: 0 },
    ...{ secret: 'x', clock: new VirtualClock(), random: systemRandom },
  })
  const wire = new Wire()
  const closed: string[] = []
  const counters = newCounters()
  // what a connection uses of the server when no frame comes
  const control = { sip: { ...base, counters } } as unknown as ControlContext
  const connection = new ControlConnection(1, wire as unknown as Socket, control, {
    admitted: () => undefined,
    closed: () => closed.push('closed'),
  })
  return { connection, wire, closed, counters }
}

test('frames of one turn of the event loop are one write, those of the next another', async () => {
  const { connection, wire } = connected()
  for (const frame of ['one', 'two', 'three']) connection.send(frame)
  expect(wire.writes).toEqual([])
  await turn()
  connection.send('four')
  await turn()
  expect(wire.writes).toEqual(['3#one3#two5#three', '4#four'])
})

test('what waits goes out before the connection is closed, and nothing after that', async () => {
  const { connection, wire, closed } = connected()
  connection.send('last')
  connection.close('shutdown')
  connection.send('too late')
  await turn()
  expect([wire.writes, wire.ends, closed]).toEqual([['4#last'], ['destroy'], ['closed']])
})

test('a refusal is written before the end', async () => {
  const { connection, wire } = connected()
  connection.refuse('no')
  await turn()
  expect([wire.writes, wire.ends]).toEqual([['2#no'], ['end']])
})

test('nothing is written to a socket that is gone', async () => {
  const { connection, wire } = connected()
  connection.send('lost')
  wire.destroyed = true
  await turn()
  expect(wire.writes).toEqual([])
})

test('frames that wait count for the limit of what an application may leave unread', () => {
  const { connection, wire, counters } = connected()
  wire.writableLength = 32 * 1024 * 1024
  connection.send('one too many')
  expect([connection.open, counters.dropped.slowReader]).toEqual([false, 1])
})
