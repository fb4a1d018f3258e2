/** The four sorts of field that an ONNX file needs, written by hand (protobuf encoding, wire types 0 and 2). */
export type Field = Uint8Array

export const number = (field: number, value: number | bigint): Field =>
  Buffer.concat([varint((BigInt(field) << 3n) | 0n), varint(BigInt(value))])

export const bytes = (field: number, value: Uint8Array): Field =>
  Buffer.concat([varint((BigInt(field) << 3n) | 2n), varint(BigInt(value.length)), value])

export const text = (field: number, value: string): Field => bytes(field, Buffer.from(value))

export const message = (field: number, ...fields: readonly Field[]): Field =>
  bytes(field, Buffer.concat(fields))

function varint(value: bigint): Uint8Array {
  let left = BigInt.asUintN(64, value)
  const out: number[] = []
  while (left > 0x7fn) {
    out.push(Number(left & 0x7fn) | 0x80)
    left >>= 7n
  }
  return Uint8Array.from([...out, Number(left)])
}
