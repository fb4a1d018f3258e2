import { Refusal } from './key.js'

const path = '/v1/voice/ws'
const firstWaitMs = 500
const longestWaitMs = 8000
const notAuthorized = 4401

/**
 * The WebSocket of the API: commands by the ids of operations, and news. It connects by itself, and again whenever it
 * was cut off; `on.state` is told 'up', 'down' and 'refused' (the key).
 */
export class ApiSocket {
  #key
  #on
  #socket
  #timer
  #waitMs = firstWaitMs
  #nextId = 1
  #asked = new Map()
  #followed = new Map()

  constructor(key, on) {
    this.#key = key
    this.#on = on
    this.#connect()
  }

  /** Resolves with the result; rejects with a Refusal, whose status is 0 when there is no connection. */
  ask(name, parts = {}) {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(gone())
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.#socket.send(JSON.stringify({ id, do: name, ...parts }))
    })
  }

  /** `take` is given event and data, until the connection is cut off or what is followed ends. */
  async follow(params, take) {
    const id = this.#nextId
    this.#followed.set(id, take)
    try {
      await this.ask('follow', { params })
    } catch (error) {
      this.#followed.delete(id)
      throw error
    }
  }

  close() {
    clearTimeout(this.#timer)
    this.#socket.onclose = null
    this.#socket.close()
    this.#letGo()
  }

  #connect() {
    const address = new URL(path, location.href)
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(address)
    this.#socket = socket
    socket.onopen = () => void this.#enter()
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data))
    socket.onclose = ({ code }) => this.#lost(code)
  }

  async #enter() {
    try {
      // without a key the browser has told the session by itself
      if (this.#key !== '') await this.ask('authenticate', { params: { api_key: this.#key } })
    } catch (error) {
      // 400: who is signed in to the console is known already; else it is closed by the engine, with the reason
      if (error.status !== 400) return
    }
    this.#waitMs = firstWaitMs
    this.#on.state('up')
  }

  #take(message) {
    if ('follow' in message) {
      if (message.ended) this.#followed.delete(message.follow)
      else this.#followed.get(message.follow)?.(message.event, message.data)
      return
    }
    const asked = this.#asked.get(message.id)
    this.#asked.delete(message.id)
    if (message.ok) asked?.resolve(message.result)
    else asked?.reject(new Refusal(message.status, message.error.message))
  }

  #lost(code) {
    this.#letGo()
    if (code === notAuthorized) {
      this.#on.state('refused')
      return
    }
    this.#on.state('down')
    this.#timer = setTimeout(() => this.#connect(), this.#waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs)
  }

  #letGo() {
    for (const { reject } of this.#asked.values()) reject(gone())
    this.#asked.clear()
    this.#followed.clear()
  }
}

const gone = () => new Refusal(0, 'There is no connection to the engine')
