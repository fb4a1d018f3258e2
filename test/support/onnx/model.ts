import { bytes, type Field, message, number, text } from './protobuf.ts'

/** Element types of onnx.proto's TensorProto. */
const FLOAT = 1
const INT64 = 7
/** Attribute types of onnx.proto's AttributeProto. */
const INT_ATTRIBUTE = 2
const INTS_ATTRIBUTE = 7

export interface OnnxModel {
  readonly nodes: readonly Field[]
  readonly constants: readonly Field[]
  readonly inputs: readonly Field[]
  readonly outputs: readonly Field[]
  readonly metadata: Readonly<Record<string, string | number>>
}

/** A model file: IR 8, operators 13, one graph. Field numbers of onnx.proto. */
export function onnxModel(model: OnnxModel): Uint8Array {
  return Buffer.concat([
    number(1, 8),
    message(8, number(2, 13)),
    message(
      7,
      ...model.nodes,
      text(2, 'graph'),
      ...model.constants,
      ...model.inputs,
      ...model.outputs,
    ),
    ...Object.entries(model.metadata).map(([key, value]) =>
      message(14, text(1, key), text(2, String(value))),
    ),
  ])
}

export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): Field {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number'
        ? message(5, text(1, name), number(3, value), number(20, INT_ATTRIBUTE))
        : message(5, text(1, name), ...value.map((i) => number(8, i)), number(20, INTS_ATTRIBUTE)),
    ),
  )
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): Field {
  const raw = new Uint8Array(Float32Array.from(values).buffer)
  return tensor(name, dims, FLOAT, raw)
}

export function integers(name: string, dims: readonly number[], values: readonly number[]): Field {
  const raw = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)
  return tensor(name, dims, INT64, raw)
}

const tensor = (name: string, dims: readonly number[], type: number, raw: Uint8Array) =>
  message(5, ...dims.map((dim) => number(1, dim)), number(2, type), text(8, name), bytes(9, raw))

type Dims = readonly (number | string)[]

export const input = (name: string, type: 'float' | 'int64', dims: Dims): Field =>
  value(11, name, type, dims)
export const output = (name: string, type: 'float' | 'int64', dims: Dims): Field =>
  value(12, name, type, dims)

function value(field: number, name: string, type: 'float' | 'int64', dims: Dims): Field {
  const shape = dims.map((dim) =>
    message(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)),
  )
  const tensorType = message(1, number(1, type === 'float' ? FLOAT : INT64), message(2, ...shape))
  return message(field, text(1, name), message(2, tensorType))
}

/** ONNX's name for the type in a Cast. */
export const TO_FLOAT = { to: FLOAT }
