import { MessageStream, messageLimits, type Piece } from '../../../engine/sip-server/index.ts'
import { promise, type Target } from '../target.ts'
import { messageSeeds } from './message-seeds.ts'

/** Cuts by a rule that the input itself makes, so that a case can be repeated. */
function cuts(input: string): string[] {
  let state = input.length + 1
  for (let i = 0; i < input.length; i += 97) state = (state * 31 + input.charCodeAt(i)) >>> 0
  const mostBytes = [1, 7, 200, 4096][state & 3] ?? 1
  const found: string[] = []
  for (let at = 0; at < input.length; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const length = 1 + ((state >>> 16) % mostBytes)
    found.push(input.slice(at, at + length))
    at += length
  }
  return found
}

function follow(chunks: readonly string[]): Piece[] {
  const stream = new MessageStream()
  return chunks.flatMap((chunk) => {
    const pieces = stream.push(chunk)
    const room = messageLimits.messageBytes + chunk.length
    promise(stream.heldBytes <= room, 'no more than one message is held')
    return pieces
  })
}

const good = (name: string): string => messageSeeds[name] ?? ''

export const stream: Target = {
  name: 'stream',
  about: 'SIP over TCP and TLS: where a message begins and ends, however the bytes are split',
  seeds: [
    good('invite') + good('register'),
    good('invite'),
    `\r\n\r\n${good('register')}\r\n\r\n${good('info')}`,
    good('length beyond the body') + good('invite'),
    good('length that is no number'),
    good('only line ends'),
    good('two lengths'),
    good('a field over 8 KiB'),
  ],
  pieces: [
    '\r\n\r\n',
    '\r\n',
    'Content-Length: 65000\r\n',
    'l: 0\r\n\r\n',
    'l:4\r\n\r\nbody',
    'a\n',
    'a:',
  ],
  mostBytes: 150_000,
  run(input) {
    const [whole, split] = [follow([input]), follow(cuts(input))]
    const same =
      whole.length === split.length && whole.every((piece, i) => piece.is === split[i]?.is)
    promise(same, 'the pieces do not depend on how the bytes came')
    whole.forEach((piece, i) => {
      const other = split[i]
      if (piece.is === 'ping' || other?.is === 'ping') return
      if (piece.is === 'broken') {
        const isSame = other?.is === 'broken' && other.cause === piece.cause
        promise(isSame, 'nor why they end')
        return
      }
      promise(piece.text === other?.text, 'nor what is in them')
    })
  },
}
