/** A port of one media thread for a leg of another: what holds for every way to the network holds for it too. */
import { MessageChannel } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { PlainRtpPorts } from '../../engine/media/rtp/plain-rtp-port.ts'
import type { AddressedRtpPort, AddressedRtpPorts } from '../../engine/media/rtp/rtp-port.ts'
import { Exchange } from '../../engine/media/threads/exchange.ts'
import { RING_BYTES } from '../../engine/media/threads/packet-ring.ts'
import { rtpPortCases } from './rtp-port.cases.ts'
import { newKey } from './srtp-key.ts'

const nowMs = (): number => Math.trunc(performance.now())
const trouble = (message: string): void => {
  throw new Error(message)
}

/** Two threads, as far as ports go, in one; they tick faster. */
function twoThreads(): { owner: Exchange; borrower: Exchange; stop(): void } {
  const [owner, borrower] = [new Exchange(0, nowMs, trouble), new Exchange(1, nowMs, trouble)]
  const { port1, port2 } = new MessageChannel()
  const [there, back] = [new SharedArrayBuffer(RING_BYTES), new SharedArrayBuffer(RING_BYTES)]
  owner.link({ peer: 1, port: port1, incoming: back, outgoing: there })
  borrower.link({ peer: 0, port: port2, incoming: there, outgoing: back })
  const timer = setInterval(() => {
    borrower.begin()
    borrower.end()
    owner.publish()
  }, 2)
  return {
    owner,
    borrower,
    stop: () => {
      clearInterval(timer)
      owner.close()
      borrower.close()
    },
  }
}

async function lentPorts(first: number): Promise<AddressedRtpPorts> {
  const { owner, borrower, stop } = twoThreads()
  const own = new PlainRtpPorts({
    ...{ bindAddress: '127.0.0.1', first, last: first + 99 },
    ...{ restMs: 0, nowMs, random: Math.random },
  })
  return {
    open: async (port) => {
      const lent = owner.handOver(await own.open(port), 1, true)
      return borrower.take(lent) as AddressedRtpPort
    },
    close: async () => {
      await own.close()
      stop()
    },
  }
}

rtpPortCases('a port of another thread', () => lentPorts(28_400))
const suite = 'AES_CM_128_HMAC_SHA1_80'
rtpPortCases('a port of another thread with SRTP', () => lentPorts(28_500), {
  kind: 'sdes',
  ours: newKey(suite),
  theirs: newKey(suite),
})

test('when its thread is gone it ends, and nobody waits for it', async () => {
  const { owner, borrower, stop } = twoThreads()
  const own = new PlainRtpPorts({
    ...{ bindAddress: '127.0.0.1', first: 28_380, last: 28_399 },
    ...{ restMs: 0, nowMs, random: Math.random },
  })
  const port = borrower.take(owner.handOver(await own.open(), 1, true))
  owner.close()
  await port.close()
  port.send(Buffer.alloc(20), 20)
  expect(() => borrower.wayTo(0)).toThrow(/gone/)
  stop()
  await own.close()
})
