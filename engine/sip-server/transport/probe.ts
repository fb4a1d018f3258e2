import { createSocket } from 'node:dgram'
import type { Place } from './peer.ts'

const keepAlive = Buffer.from('\r\n\r\n')

/**
 * Asks whether anybody listens at a UDP port: an ICMP error is told to a connected socket alone, and
 * the one that SIP goes through is not (Node would have to bind a second one to the same port). Of no
 * use for peers behind a NAT, whose router may refuse this and take what comes from the SIP port.
 *
 * @returns ends the probe; `refused` is not called after that
 */
export const probe = ({ address, port }: Place, refused: () => void): (() => void) => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  let isOpen = true
  const stop = (): void => {
    if (!isOpen) return
    isOpen = false
    socket.close()
  }
  socket.unref()
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const isDead = isOpen && error.code === 'ECONNREFUSED'
    stop()
    if (isDead) refused()
  })
  // Node calls back with what the system says at once, too (no route, say): then there is no connection
  const connected = (error?: Error): void => {
    if (error !== undefined) stop()
    else if (isOpen) socket.send(keepAlive, () => undefined)
  }
  socket.connect(port, address, connected)
  return stop
}
