import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Failure } from '../../core/failures.ts'
import { faultWords } from '../../core/fault-words.ts'
import { type Fault, meant } from './meant.ts'

/** Deeper JSON than any document of ours; keeps recursive readers off the end of the stack. */
const maxDepth = 32

type Check = (value: unknown) => void

/** Compiling takes milliseconds, and routes share the schemas of their paths. */
const checkers = new WeakMap<TSchema, Check>()

/** The check for one part of a request; it throws a Failure that names the first fault. */
export function checker(schema: TSchema): Check {
  const known = checkers.get(schema)
  if (known) return known
  const made = checkerOf(schema)
  checkers.set(schema, made)
  return made
}

function checkerOf(schema: TSchema): Check {
  const compiled = Compile(schema)
  return (value) => {
    refuseDeep(value)
    if (compiled.Check(value)) return
    if (value === undefined) throw new Failure('invalid_request', 'A body is needed')
    throw failureOf(meant(compiled.Errors(value) as unknown as Fault[]))
  }
}

function failureOf(faults: readonly Fault[]): Failure {
  for (const fault of faults) {
    const missing = listOf(fault, 'requiredProperties')[0]
    if (missing !== undefined) {
      const field = join(fault.instancePath, missing)
      return new Failure('missing_parameter', `${field} is required`, field)
    }
    const unknown = listOf(fault, 'additionalProperties')[0]
    if (unknown !== undefined) {
      const field = join(fault.instancePath, unknown)
      return new Failure('unknown_parameter', `${field} is not known here`, field)
    }
  }
  return invalid(faults.find((fault) => fault.keyword !== 'boolean'))
}

function invalid(fault: Fault | undefined): Failure {
  if (fault === undefined) return new Failure('invalid_request', 'The request is not valid')
  if (fault.instancePath === '') {
    return new Failure('invalid_request', `The body ${fault.message}`)
  }
  const field = join(fault.instancePath)
  return new Failure('invalid_request', `${field} ${faultWords(fault)}`, field)
}

function listOf(fault: Fault, name: string): readonly string[] {
  const list: unknown = (fault.params as Record<string, unknown>)[name]
  return Array.isArray(list) ? list.map(String) : []
}

/** A JSON pointer and a last step as `verbs.0.text`, cut to a length that suits an error text. */
function join(pointer: string, last = ''): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (last !== '') steps.push(last)
  const field = steps.join('.')
  return field.length > 100 ? `${field.slice(0, 99)}…` : field
}

function refuseDeep(root: unknown): void {
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw new Failure('invalid_request', 'The body is nested too deeply')
    const next: unknown[] = []
    for (const value of level) {
      if (typeof value === 'object' && value !== null) {
        for (const child of Object.values(value)) next.push(child)
      }
    }
    level = next
  }
}

/** Query values arrive as text: those whose schema is a number or a boolean are read as such. */
export function readQuery(schema: TSchema, query: unknown): Record<string, unknown> {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {}
  // Properties of the object itself, whatever their names are.
  return Object.fromEntries(
    Object.entries(query as Record<string, unknown>).map(([name, value]) => [
      name,
      fromText(properties[name]?.type, value),
    ]),
  )
}

function fromText(type: string | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'number' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
