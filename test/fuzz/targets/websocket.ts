import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import { newCounters } from '../../../engine/sip-server/counters.ts'
import { parseMessage } from '../../../engine/sip-server/index.ts'
import { refusalOf } from '../../../engine/sip-server/message/check.ts'
import { defaultTiming } from '../../../engine/sip-server/timing.ts'
import { WebSocketStream } from '../../../engine/sip-server/transport/web-socket-stream.ts'
import { promise, type Target } from '../target.ts'
import { messageSeeds } from './message-seeds.ts'

/** The socket's side that the stream uses. */
class Socket extends EventEmitter {
  bufferedAmount = 0
  readonly sent: Buffer[] = []
  send(bytes: Buffer): void {
    this.sent.push(bytes)
  }
  ping(): void {
    this.sent.push(Buffer.alloc(0))
  }
  terminate(): void {
    const listeners = this.rawListeners('close')
    this.removeAllListeners('close')
    for (const run of listeners) run()
  }
}

const clock = { nowMs: () => 0, after: () => () => undefined }

export const websocket: Target = {
  name: 'websocket',
  about: 'SIP over WebSocket: one message a frame, pings, whatever else a frame may hold',
  seeds: ['\r\n\r\n', ...Object.values(messageSeeds)],
  pieces: ['\r\n\r\n', '\r\n', '\r', '\r\n\r', 'Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n'],
  mostBytes: 65_536,
  run(input) {
    const received: string[] = []
    const socket = new Socket()
    const stream = new WebSocketStream(
      socket as unknown as WebSocket,
      'ws',
      { address: '192.0.2.1', port: 4000 },
      {
        handler: { received: (text) => received.push(text) },
        counters: newCounters(),
        clock,
        timing: defaultTiming,
      },
    )
    socket.emit('message', Buffer.from(input, 'latin1'))
    promise(received.length <= 1 && socket.sent.length <= 1, 'a frame is one message or one ping')
    for (const text of received) {
      promise(text === input, 'a message is told as it came')
      const message = parseMessage(text)
      if (message !== undefined) refusalOf(message)
      stream.write(text)
    }
    stream.destroy()
    promise(!stream.open, 'closed is closed')
  },
}
