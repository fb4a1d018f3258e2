import { connect, type Socket } from 'node:net'
import { FrameReader } from './control-proxy.ts'
import { Arrivals } from './sockets.ts'

/** A hand-written control client, for frames that the library would never send. */
export class RawControl {
  readonly frames = new Arrivals<string>()
  closed = false
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    const reader = new FrameReader((payload) => this.frames.add(payload.toString('utf8')))
    socket.setNoDelay(true)
    socket.on('data', (chunk) => reader.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.frames.wake()
    })
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawControl> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host)
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawControl(socket)))
    })
  }

  /** Frames and sends a payload. */
  send(payload: string): void {
    this.write(`${Buffer.byteLength(payload)}#${payload}`)
  }

  write(bytes: string): void {
    this.#socket.write(bytes)
  }

  async authenticate(secret: string): Promise<void> {
    this.send(`auth|authenticate|${secret}|`)
    const answer = await this.answer('auth')
    if (!answer?.includes('|OK|')) throw new Error(`authentication failed: ${answer}`)
  }

  /** The answer to the command with that id; undefined when none came in time. */
  answer(id: string, timeoutMs = 3000): Promise<string | undefined> {
    return this.frames.first(
      (frame) => frame.split('|').slice(1, 3).join('|') === `response|${id}`,
      timeoutMs,
    )
  }

  close(): void {
    this.#socket.destroy()
  }
}
