import { type StreamWish, streamBufferMs, streamWish } from '../../../app/streams/wish.ts'
import { Failure } from '../../../core/failures.ts'
import { type CallId, isUuid } from '../../../core/ids.ts'
import { type StreamRateHz, streamFormats, streamRatesHz } from '../../../core/ports/streams.ts'
import {
  streamEndians,
  streamFramings,
  streamSpeaking,
  streamTrackChoices,
} from '../../../core/stream-verbs.ts'

/** What the address of a stream asks for. */
export interface CallStreamWish extends StreamWish {
  readonly callId: CallId
}

/** Whether an address is one of `path`, in which one part, `:call_id`, is the call; what that is. */
export function callIn(path: string, url: string): string | undefined {
  const [before = '', after = ''] = path.split(':call_id')
  const [asked = ''] = url.split('?', 1)
  if (!asked.startsWith(before) || !asked.endsWith(after)) return undefined
  const id = asked.slice(before.length, asked.length - after.length)
  return id === '' || id.includes('/') ? undefined : id
}

/** Failures `not_found`, `invalid_request` and `unknown_parameter` with the name of the parameter. */
export function readWish(id: string, url: string): CallStreamWish {
  if (!isUuid(id)) throw new Failure('not_found', 'There is no such call')
  const query = new Query(url)
  const rate = query.oneOf('rate', streamRatesHz.map(String))
  const fields = {
    format: query.oneOf('format', streamFormats),
    rate: rate === undefined ? undefined : (Number(rate) as StreamRateHz),
    endian: query.oneOf('endian', streamEndians),
    tracks: query.oneOf('tracks', streamTrackChoices),
    speak: query.oneOf('speak', streamSpeaking),
    framing: query.oneOf('framing', streamFramings),
    bufferMs: query.number('buffer_ms', streamBufferMs),
  }
  query.refuseOthers()
  return { callId: id as CallId, ...streamWish(fields) }
}

class Query {
  readonly #params: URLSearchParams
  readonly #known = new Set<string>()

  constructor(url: string) {
    this.#params = new URLSearchParams(url.split('?')[1] ?? '')
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    this.#known.add(name)
    const given = this.#params.get(name)
    if (given === null) return undefined
    const found = values.find((value) => value === given)
    if (found !== undefined) return found
    throw new Failure('invalid_request', `${name} must be one of ${values.join(', ')}`, name)
  }

  number(name: string, limits: { least: number; most: number }): number | undefined {
    this.#known.add(name)
    const text = this.#params.get(name)
    if (text === null) return undefined
    const given = Number(text)
    if (Number.isInteger(given) && given >= limits.least && given <= limits.most) return given
    const range = `${limits.least} to ${limits.most}`
    throw new Failure('invalid_request', `${name} must be a whole number from ${range}`, name)
  }

  refuseOthers(): void {
    for (const name of this.#params.keys()) {
      if (this.#known.has(name)) continue
      const shown = name.slice(0, 100)
      throw new Failure('unknown_parameter', `${shown} is not known here`, shown)
    }
  }
}
