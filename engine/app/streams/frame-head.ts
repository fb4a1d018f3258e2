import { type StreamFrame, streamTracks } from '../../core/ports/streams.ts'

const VERSION = 1
const HEAD_BYTES = 12

/**
 * A message of audio: 12 bytes, then the payload. Byte 0 is the version, 1; byte 1 the track (0 received, 1 sent,
 * 2 mixed); 2 and 3 are 0; 4 to 7 the number of the frame, 8 to 11 its time since the stream began in ms, big-endian.
 */
export function withHead({ track, sequence, atMs, payload }: StreamFrame): Buffer {
  const message = Buffer.alloc(HEAD_BYTES + payload.length)
  message[0] = VERSION
  message[1] = streamTracks.indexOf(track)
  message.writeUInt32BE(sequence, 4)
  message.writeUInt32BE(atMs, 8)
  message.set(payload, HEAD_BYTES)
  return message
}

/** The reverse; the payload is lent. */
export function readHead(message: Uint8Array): StreamFrame {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  return {
    track: streamTracks[message[1] ?? 0] ?? 'received',
    sequence: view.getUint32(4),
    atMs: view.getUint32(8),
    payload: message.subarray(HEAD_BYTES),
  }
}
