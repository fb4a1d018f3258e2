import type { EngineProcess } from '../support/engine-process.ts'

/** Heap of one thread after a full collection. */
export interface ThreadHeap {
  readonly thread: string
  readonly usedBytes: number
}

interface Reply {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly sessionId?: string
    readonly message?: string
    readonly workerInfo?: { readonly title: string; readonly url: string }
  }
  readonly result?: { readonly usedSize?: number }
}

type Ask = (method: string) => Promise<Reply>

const answerWithinMs = 10_000

/** Settings that let an `Inspector` look into the engine; the engine itself knows nothing of it. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const

/**
 * Asks a process for the size of its heaps over Node's inspector: garbage can be collected first, thread
 * by thread, so that what is left is what is held.
 */
export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<string, (reply: Reply) => void>()
  readonly #workers = new Map<string, string>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(String(data)))
  }

  static async attach(engine: Pick<EngineProcess, 'output'>): Promise<Inspector> {
    const url = /Debugger listening on (ws:\S+)/.exec(engine.output())?.[1]
    if (!url) throw new Error('the engine was not started with `inspectable`')
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')))
    })
    const inspector = new Inspector(socket)
    await inspector.#ask('NodeWorker.enable', { waitForDebuggerOnStart: false })
    return inspector
  }

  /** Collects garbage in every thread and tells what is left. */
  async heaps(): Promise<readonly ThreadHeap[]> {
    const main = await heapOf('main', (method) => this.#ask(method))
    const workers: ThreadHeap[] = []
    for (const [session, name] of this.#workers) {
      workers.push(await heapOf(name, (method) => this.#askWorker(session, method)))
    }
    return [main, ...workers]
  }

  close(): void {
    this.#socket.close()
  }

  #ask(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.#lastId
    this.#socket.send(JSON.stringify({ id, method, params }))
    return this.#reply(`${id}`)
  }

  async #askWorker(sessionId: string, method: string): Promise<Reply> {
    const id = ++this.#lastId
    const reply = this.#reply(`${sessionId} ${id}`)
    const message = JSON.stringify({ id, method })
    await this.#ask('NodeWorker.sendMessageToWorker', { sessionId, message })
    return reply
  }

  #reply(key: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the inspector is silent')), answerWithinMs)
      this.#waiting.set(key, (reply) => {
        clearTimeout(late)
        resolve(reply)
      })
    })
  }

  #receive(text: string): void {
    const reply: Reply = JSON.parse(text)
    const session = reply.params?.sessionId ?? ''
    if (reply.method === 'NodeWorker.attachedToWorker') {
      this.#workers.set(session, nameOf(reply.params?.workerInfo))
    } else if (reply.method === 'NodeWorker.detachedFromWorker') {
      this.#workers.delete(session)
    } else if (reply.method === 'NodeWorker.receivedMessageFromWorker') {
      const inner: Reply = JSON.parse(reply.params?.message ?? '{}')
      this.#settle(`${session} ${inner.id}`, inner)
    } else if (reply.id !== undefined) {
      this.#settle(`${reply.id}`, reply)
    }
  }

  #settle(key: string, reply: Reply): void {
    this.#waiting.get(key)?.(reply)
    this.#waiting.delete(key)
  }
}

async function heapOf(thread: string, ask: Ask): Promise<ThreadHeap> {
  await ask('HeapProfiler.collectGarbage')
  const { result } = await ask('Runtime.getHeapUsage')
  return { thread, usedBytes: result?.usedSize ?? Number.NaN }
}

/** `engine/media/worker.ts` is `media`. */
const nameOf = (info: { url: string; title: string } | undefined): string =>
  /([\w-]+)\/[\w-]+\.ts$/.exec(info?.url ?? '')?.[1] ?? info?.title ?? 'worker'
