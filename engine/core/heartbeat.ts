/** How often a WebSocket is asked whether somebody is there. */
export const beatMs = 30_000

interface Pinged {
  on(event: 'pong', heard: () => void): unknown
  ping(): void
  terminate(): void
}

/** Cuts off a WebSocket whose other end has not answered the last ping (RFC 6455 section 5.5.2). */
export class Heartbeat {
  readonly #socket: Pinged
  #isAlive = true

  constructor(socket: Pinged) {
    this.#socket = socket
    socket.on('pong', () => {
      this.#isAlive = true
    })
  }

  /** Each `beatMs`. */
  beat(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    this.#socket.ping()
  }
}
