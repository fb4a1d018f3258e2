import { spawnSync } from 'node:child_process'

/** What a detector made of a signal. */
export interface HeardKeys {
  readonly keys: string
  /** Samples that it had got when it told the first key; NaN without one. */
  readonly firstAt: number
}

/** Samples that a detector gets at once: 2.5 ms at 8 kHz, so that it shows when it decides. */
export const PIECE = 20

/** Passes each signal, its length in front, through a libspandsp DTMF receiver of its own. */
const script = `
import ctypes, struct, sys
lib = ctypes.CDLL('libspandsp.so.2')
lib.dtmf_rx_init.restype = ctypes.c_void_p
lib.dtmf_rx_init.argtypes = [ctypes.c_void_p] * 3
lib.dtmf_rx_free.argtypes = [ctypes.c_void_p]
lib.dtmf_rx.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
lib.dtmf_rx_get.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
lib.dtmf_rx_get.restype = ctypes.c_size_t
data = sys.stdin.buffer.read()
piece = int(sys.argv[1])
buffer = ctypes.create_string_buffer(129)
at = 0
while at < len(data):
    samples, = struct.unpack_from('<I', data, at)
    at += 4
    receiver = lib.dtmf_rx_init(None, None, None)
    keys, first = '', -1
    for begin in range(0, samples, piece):
        count = min(piece, samples - begin)
        lib.dtmf_rx(receiver, data[at + 2 * begin:at + 2 * (begin + count)], count)
        got = lib.dtmf_rx_get(receiver, buffer, 128)
        if got > 0:
            keys += buffer.raw[:got].decode()
            if first < 0: first = begin + count
    lib.dtmf_rx_free(receiver)
    at += 2 * samples
    print(first, keys)
`

/** What libspandsp hears in signals at 8 kHz; undefined where it, or python3 to reach it, is not installed. */
export function spandspKeys(signals: readonly Int16Array[]): HeardKeys[] | undefined {
  const input = Buffer.concat(
    signals.flatMap((pcm) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(pcm.length)
      return [length, Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)]
    }),
  )
  const { status, stdout } = spawnSync('python3', ['-c', script, String(PIECE)], {
    input,
    maxBuffer: 100_000_000,
    timeout: 600_000,
  })
  if (status !== 0) return undefined
  const lines = stdout.toString().trimEnd().split('\n')
  return lines.map((line) => {
    const [first = '-1', keys = ''] = line.split(' ')
    return { keys, firstAt: first === '-1' ? Number.NaN : Number(first) }
  })
}
