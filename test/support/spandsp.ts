import { spawnSync } from 'node:child_process'

/** Passes its input through libspandsp's G.722 codec: the reference that a stream is compared with. */
const script = `
import ctypes, sys
lib = ctypes.CDLL('libspandsp.so.2')
for name in ('g722_encode_init', 'g722_decode_init'):
    getattr(lib, name).restype = ctypes.c_void_p
    getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
for name in ('g722_encode', 'g722_decode'):
    getattr(lib, name).argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_int]
data = sys.stdin.buffer.read()
out = ctypes.create_string_buffer(4 * len(data) + 16)
if sys.argv[1] == 'encode':
    size = lib.g722_encode(lib.g722_encode_init(None, 64000, 0), out, data, len(data) // 2)
elif sys.argv[1] == 'decode':
    size = 2 * lib.g722_decode(lib.g722_decode_init(None, 64000, 0), out, data, len(data))
else:
    size = 0
sys.stdout.buffer.write(out.raw[:size])
`

function run(what: 'encode' | 'decode' | 'nothing', input: Uint8Array) {
  const args = ['-c', script, what]
  return spawnSync('python3', args, { input, maxBuffer: 100_000_000, timeout: 60_000 })
}

/** Whether libspandsp, and python3 to reach it, are installed. */
export const hasSpandsp = (): boolean => run('nothing', new Uint8Array(0)).status === 0

export const spandspEncode = (pcm: Int16Array): Uint8Array =>
  new Uint8Array(run('encode', new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)).stdout)

export function spandspDecode(bytes: Uint8Array): Int16Array {
  const { stdout } = run('decode', bytes)
  return new Int16Array(new Uint8Array(stdout).buffer)
}
