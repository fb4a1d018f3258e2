/**
 * A flood of SIP in a process of its own: `node flood-child.ts <port> <sources> <per second> <seconds>`
 * sends requests of eight methods from so many loopback addresses (127.0.10.1 on), at even distances, and
 * prints how many it has sent.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const [port = 0, sources = 1, perSecond = 100, seconds = 1] = process.argv.slice(2).map(Number)
const methods = ['REGISTER', 'INVITE', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'REFER', 'NOTIFY', 'BYE']
const everyMs = 5

async function open(index: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => undefined)
  socket.bind(0, `127.0.${10 + Math.floor(index / 250)}.${1 + (index % 250)}`)
  await once(socket, 'listening')
  return socket
}

let made = 0
function request(from: Socket): string {
  const n = made++
  const method = methods[n % methods.length] ?? 'OPTIONS'
  const { address, port: own } = from.address()
  return [
    `${method} sip:10${n % 100}@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${own};branch=z9hG4bKflood${process.pid}x${n};rport`,
    'Max-Forwards: 70',
    `From: <sip:10${n % 100}@127.0.0.1>;tag=f${n}`,
    `To: <sip:10${n % 100}@127.0.0.1>`,
    `Call-ID: flood-${process.pid}-${n}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:x@${address}:${own}>`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

const sockets = await Promise.all(Array.from({ length: sources }, (_, index) => open(index)))
const startMs = performance.now()
let sent = 0
for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startMs) {
  for (const due = (elapsedMs * perSecond) / 1000; sent < due; sent++) {
    const socket = sockets[sent % sockets.length]
    socket?.send(request(socket), port, '127.0.0.1')
  }
  await sleep(everyMs)
}
process.stdout.write(`${sent}\n`)
for (const socket of sockets) socket.close()
