import { WebSocket } from 'ws'
import type { EngineProcess } from '../../support/engine-process.ts'

interface Message {
  readonly event?: string
  readonly data?: { readonly sequence: number }
}

/** Reads the account's log at the WebSocket, and after each fall of the engine goes on where it was. */
export class LogReader {
  /** The number of the last event that was read. */
  last = 0
  /** Numbers that were not the next one: something was lost, or told twice. */
  readonly faults: string[] = []
  #socket: WebSocket | undefined

  /** Goes on at another process of the same engine. */
  readFrom({ httpUrl, apiKey }: EngineProcess): void {
    this.close()
    const url = `${httpUrl.replace('http', 'ws')}/v1/voice/ws`
    const socket = new WebSocket(url, { headers: { 'x-api-key': apiKey } })
    this.#socket = socket
    // it falls with the engine
    socket.on('error', () => undefined)
    socket.on('open', () => {
      const params = { events: { after: this.last } }
      socket.send(JSON.stringify({ id: 1, do: 'follow', params }))
    })
    socket.on('message', (text) => {
      if (socket === this.#socket) this.#take(JSON.parse(String(text)) as Message)
    })
  }

  close(): void {
    this.#socket?.terminate()
    this.#socket = undefined
  }

  #take({ event, data }: Message): void {
    if (event !== 'event' || data === undefined) return
    if (data.sequence !== this.last + 1) this.faults.push(`${this.last}, then ${data.sequence}`)
    this.last = data.sequence
  }
}
