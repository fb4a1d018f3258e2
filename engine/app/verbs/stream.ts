import { Failure } from '../../core/failures.ts'
import type { StopStreamVerb, StreamVerb } from '../../core/stream-verbs.ts'
import type { Run } from '../program.ts'
import { DialledCallStream, type StreamResult, streamNamed } from '../streams/dialled.ts'
import { noteStream } from '../streams/note.ts'
import { answer } from './answer.ts'

/**
 * Dials the server; a stream that only starts is left alone, the list goes on meanwhile, and undefined is returned. One
 * that is connected is waited for, and ends with the program. That it can't be had is told, and no more than that.
 */
export async function streamVerb(run: Run, verb: StreamVerb): Promise<StreamResult | undefined> {
  const { mode = 'connect', speak = mode === 'start' ? 'never' : 'mix' } = verb
  if (!(await answer(run))) return undefined
  const stream = await begun(run, { ...verb, speak })
  if (mode === 'start' || stream === undefined) return undefined
  const stop = () => stream.stop()
  run.signal.addEventListener('abort', stop)
  if (run.signal.aborted) stop()
  try {
    return await stream.over
  } finally {
    run.signal.removeEventListener('abort', stop)
  }
}

async function begun(
  { ports, call }: Run,
  verb: StreamVerb,
): Promise<DialledCallStream | undefined> {
  try {
    return new DialledCallStream(ports, call, verb)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { code, message } = error
    await noteStream(call, ports.ids.uuid(), verb, 'stream.failed', { code, error: message })
    return undefined
  }
}

export function stopStreamVerb({ call }: Run, { name }: StopStreamVerb): void {
  streamNamed(call, name)?.stop()
}
