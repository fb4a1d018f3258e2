import { expect, test } from 'vitest'
import { formParts } from '../../../engine/api/frame/form-parts.ts'

const type = 'multipart/form-data; boundary=xyz'
const part = (name: string, text: string, more = '') =>
  `--xyz\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`
const read = (text: string, contentType = type) =>
  Object.fromEntries(
    [...formParts(Buffer.from(text, 'latin1'), contentType)].map(([name, bytes]) => [
      name,
      bytes.toString('latin1'),
    ]),
  )

test('parts by name, with whatever is in them', () => {
  const lines = 'a\r\n--xy\r\n\r\n --xyz\0\xff\r\n'
  const file = part('audio', lines, '; filename="name=no; name.wav"\r\nContent-Type: audio/wav')
  expect(read(`${part('name', 'one')}${file}--xyz--\r\n`)).toEqual({ name: 'one', audio: lines })
  expect(read(`${part('name', '')}--xyz--`)).toEqual({ name: '' })
  expect(read(`put in front\r\n${part('a', '1')}--xyz--\r\nand behind`)).toEqual({ a: '1' })
  expect(read('--xyz--\r\n')).toEqual({})
})

test('a boundary in quotes, a name without, words in either case', () => {
  const body = '--a b\r\ncontent-disposition: FORM-DATA; filename=x; NAME=audio\r\n\r\n1\r\n--a b--'
  expect(read(body, 'multipart/form-data; charset=utf-8; Boundary="a b"')).toEqual({ audio: '1' })
})

test.each([
  ['no boundary', part('a', '1'), 'multipart/form-data'],
  ['a boundary that is too long', part('a', '1'), `${type}${'z'.repeat(80)}`],
  ['another boundary', part('a', '1'), 'multipart/form-data; boundary=other'],
  ['an end that is missing', part('a', '1'), type],
  ['a head that does not end', '--xyz\r\nContent-Disposition: form-data; name="a"\r\n', type],
  ['a head that is too long', `${part('a', '1', `; x="${'y'.repeat(5_000)}"`)}--xyz--`, type],
  ['a part without a name', '--xyz\r\nContent-Type: audio/wav\r\n\r\n1\r\n--xyz--', type],
  ['a field twice', `${part('a', '1')}${part('a', '2')}--xyz--`, type],
  ['too many parts', `${'abcdefghi'.replace(/./g, (n) => part(n, n))}--xyz--`, type],
])('%s is refused', (_what, body, contentType) => {
  expect(() => read(body, contentType)).toThrow('The form can not be read')
})
