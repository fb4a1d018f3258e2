import { spawnSync } from 'node:child_process'

/** What other programs make of the same signals. Undefined where one is not installed. */

const g711Script = `
import ctypes, sys
lib = ctypes.CDLL('libspandsp.so.2')
law = {'mu': 1, 'a': 0}[sys.argv[2]]
lib.g711_init.restype = ctypes.c_void_p
lib.g711_init.argtypes = [ctypes.c_void_p, ctypes.c_int]
for name in ('g711_encode', 'g711_decode'):
    getattr(lib, name).argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_int]
data = sys.stdin.buffer.read()
out = ctypes.create_string_buffer(2 * len(data) + 16)
state = lib.g711_init(None, law)
if sys.argv[1] == 'encode':
    size = lib.g711_encode(state, out, data, len(data) // 2)
else:
    size = 2 * lib.g711_decode(state, out, data, len(data))
sys.stdout.buffer.write(out.raw[:size])
`

export type Law = 'mu' | 'a'

function output(program: string, args: readonly string[], input: Uint8Array) {
  const { status, stdout } = spawnSync(program, args, { input, maxBuffer: 400_000_000 })
  return status === 0 ? new Uint8Array(stdout) : undefined
}

const bytesOf = (pcm: Int16Array): Uint8Array =>
  new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)
const samplesOf = (bytes: Uint8Array | undefined): Int16Array | undefined =>
  bytes && new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)

export const spandspG711 = {
  encode: (law: Law, pcm: Int16Array) =>
    output('python3', ['-c', g711Script, 'encode', law], bytesOf(pcm)),
  decode: (law: Law, bytes: Uint8Array) =>
    samplesOf(output('python3', ['-c', g711Script, 'decode', law], bytes)),
}

const raw = (encoding: string, bits: number, rateHz: number): string[] =>
  `-t raw -e ${encoding} -b ${bits} -c 1 -r ${rateHz} -`.split(' ')
const linear = (rateHz: number): string[] => raw('signed-integer', 16, rateHz)
const coded = (law: Law): string[] => raw(law === 'mu' ? 'mu-law' : 'a-law', 8, 8000)

/** Without dither: the plain numbers. */
const sox = (args: readonly string[], input: Uint8Array) => output('sox', ['-D', ...args], input)

export const soxG711 = {
  encode: (law: Law, pcm: Int16Array) => sox([...linear(8000), ...coded(law)], bytesOf(pcm)),
  decode: (law: Law, bytes: Uint8Array) => samplesOf(sox([...coded(law), ...linear(8000)], bytes)),
}

/** Aligned in time with the input. */
export const soxResample = (pcm: Int16Array, fromHz: number, toHz: number) =>
  samplesOf(sox([...linear(fromHz), ...linear(toHz), 'rate', '-m'], bytesOf(pcm)))

/** At 16 kHz; undefined without espeak-ng and sox. */
export function spokenMinute(): Int16Array | undefined {
  const sentence = 'She sells sea shells by the shore, and five foxes jump over the lazy dog. '
  const text = sentence.repeat(20)
  const said = output('espeak-ng', ['--stdout', '-s', '160', text], new Uint8Array())
  const pcm = said && samplesOf(sox([...linear(22_050), ...linear(16_000)], said.subarray(44)))
  return pcm && pcm.length >= 960_000 ? pcm.slice(0, 960_000) : undefined
}
