// Ports that nobody has, and that nobody else's test takes before whoever asked for them listens there.

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { type EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * Ports that are given out lie below those that the system gives to outgoing connections. Audio has its own, and from
 * 24,000 on the recorded scenarios (drachtio/ports.ts).
 */
const audio = { first: 12_000, ranges: 60, size: 200 } as const
const single = { first: 28_500, last: 32_500 } as const

/** Among which each baresip finds those that are free, as long as it talks. */
export const baresipAudio = '28000-28498'

/** Names of Linux' abstract sockets: one process of the machine has one, until it ends. */
const held: Server[] = []

async function take(name: string): Promise<boolean> {
  const server = createServer()
  if (!(await bound(server.listen(`\0ringdown-test ${name}`)))) return false
  held.push(server.unref())
  return true
}

/** Free for both TCP and UDP, and so is the one above it, which baresip takes for TLS. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 2 * randomInt(single.first / 2, single.last / 2)
    if (!(await take(`port ${port}`))) continue
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const socket = createSocket('udp4')
  const free = (await bound(server.listen(port))) && (await bound(socket.bind(port)))
  server.close()
  socket.close()
  return free
}

const bound = (listener: EventEmitter): Promise<boolean> =>
  once(listener, 'listening').then(
    () => true,
    () => false,
  )

/** A process that starts many engines has so many ranges in turn: they are gone by then, or step over what is taken. */
const ownRanges = 3
const own: number[] = []
let engines = 0

/** For an engine's audio, as in `12000-12199`: what somebody still says to one engine is not heard by another. */
export async function audioPorts(): Promise<string> {
  const start = randomInt(audio.ranges)
  for (let n = 0; n < audio.ranges && own.length < ownRanges; n++) {
    const range = (start + n) % audio.ranges
    if (await take(`audio ${range}`)) {
      own.push(range)
      break
    }
  }
  const range = own[engines++ % Math.max(1, own.length)] ?? start
  const first = audio.first + range * audio.size
  return `${first}-${first + audio.size - 1}`
}
