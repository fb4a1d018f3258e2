import { readVerbs } from '../../../engine/app/verb-document.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { Spoken, StreamListener, StreamOptions } from '../../../engine/core/ports/streams.ts'
import type { SocketListener, SocketRequest } from '../../../engine/core/ports/web.ts'
import { openCallLab, ownNumber } from '../../support/call-lab.ts'

/** A server that is dialled for a call's audio, without a socket. */
export class FakeServer {
  readonly request: SocketRequest
  readonly listener: SocketListener
  readonly got: (string | Uint8Array)[] = []
  bufferedBytes = 0
  isReading = false
  closed: number | undefined

  constructor(request: SocketRequest, listener: SocketListener) {
    this.request = request
    this.listener = listener
  }

  get told(): Record<string, unknown>[] {
    return this.got.flatMap((one) => (typeof one === 'string' ? [JSON.parse(one)] : []))
  }

  says(message: object): void {
    this.listener.message(JSON.stringify(message))
  }

  leaves(code = 1000): void {
    this.listener.closed({ code, why: '', isFault: false })
  }

  readonly socket = {
    server: this as FakeServer,
    get bufferedBytes() {
      return this.server.bufferedBytes
    },
    send: (message: string | Uint8Array) => void this.got.push(message),
    pause: () => {
      this.isReading = false
    },
    resume: () => {
      this.isReading = true
    },
    close: (code: number) => {
      if (this.closed !== undefined) return
      this.closed = code
      this.listener.closed({ code, why: '', isFault: false })
    },
  }
}

/** A call that is up, of a lab in which servers can be dialled; `answers`: false: they hang. */
export async function streamScene(verbs: readonly unknown[], answers = true) {
  const servers: FakeServer[] = []
  const asked: { url: string; fields: Readonly<Record<string, unknown>> }[] = []
  const streams: { options: StreamOptions; listener: StreamListener; said: number[] }[] = []
  const closed: number[] = []
  const state = { spoken: 'taken' as Spoken }
  const lab = await openCallLab({
    media: {
      openStream: async (_id, options, listener) => {
        const said: number[] = []
        const at = streams.push({ options, listener, said }) - 1
        return {
          speak: (audio) => {
            said.push(...audio)
            return state.spoken
          },
          mark: () => true,
          clear: () => {},
          bufferedMs: 0,
          lost: 0,
          close: () => closed.push(at),
        }
      },
    },
  })
  Object.assign(lab.ports.web, {
    socket: (request: SocketRequest, listener: SocketListener, signal: AbortSignal) =>
      new Promise((resolve, reject) => {
        const server = new FakeServer(request, listener)
        servers.push(server)
        if (answers) resolve(server.socket)
        const givenUp = () => reject(new Failure('url_unreachable', 'the request was given up'))
        signal.addEventListener('abort', givenUp)
      }),
    instructions: async ({ url, fields }: { url: string; fields: Record<string, unknown> }) => {
      asked.push({ url, fields })
      return { url, type: 'application/json', text: '[]' }
    },
  })
  const place = async (document: readonly unknown[]) => {
    const { id } = await lab.centre.placeCall(lab.account, {
      ...{ to: '+61498765432', from: ownNumber, verbs: readVerbs(document) },
    })
    await lab.settle()
    lab.sip.answered(id, 'v=0', 'x')
    await lab.settle()
    return id
  }
  const id = await place(verbs)
  const events = async (beginning = 'stream.', of: CallId = id) => {
    const all = await lab.store.events.ofCall(lab.account.id, of)
    return all.filter(({ type }) => type.startsWith(beginning))
  }
  const hangUp = async (which = id) => {
    lab.sip.remoteHangup(which, 'BYE')
    for (const { listener } of streams) listener.ended()
    await lab.settle()
  }
  return { lab, id, servers, streams, closed, asked, state, place, events, hangUp }
}
