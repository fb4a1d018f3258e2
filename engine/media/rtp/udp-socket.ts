import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { isIPv6 } from 'node:net'

type LookupDone = (error: Error | null, address: string, family: number) => void

/** Addresses are IP addresses already: no DNS, and no trip through the event loop for each packet. */
function takeLiterally(address: string, ...rest: unknown[]): void {
  const done = rest.at(-1) as LookupDone
  done(null, address, isIPv6(address) ? 6 : 4)
}

/** A UDP socket bound to `address` and `port`; rejects with the system's error (EADDRINUSE, ...). */
export function bindUdp(address: string, port: number): Promise<Socket> {
  const type: SocketType = isIPv6(address) ? 'udp6' : 'udp4'
  const socket = createSocket({ type, lookup: takeLiterally })
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', failed)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', failed)
      // After this, errors are those of single packets: the other end is gone, or unreachable.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** Resolves when the port is free again. */
export function closeUdp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve())
  })
}

/** An IP address as a socket of that kind writes it: an IPv6 socket shows IPv4 peers as mapped. */
export function inSocketForm(address: string, socketIsIPv6: boolean): string {
  return socketIsIPv6 && !isIPv6(address) ? `::ffff:${address}` : address
}
