import { type Logger, pino } from 'pino'
import type { Log } from '../core/ports/observe.ts'
import { cleanFields, cleanText, type Fields } from './fields.ts'

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  /** Where the lines go; the standard output if not given. */
  readonly destination?: { write(line: string): unknown }
}

/** Kept for a reader that has stopped reading; what comes after that is dropped. */
const maxBufferedBytes = 16 * 1024 * 1024

/** What JSON leaves as it is but a terminal or a line-based reader takes as a command or a line's end. */
const controls = /[\u007f-\u009f\u2028\u2029]/g
const escapeControl = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * One JSON object a line: level, time, msg and the fields. A value can't begin a new line, move a
 * terminal's cursor or replace level, time or msg; secrets are hidden; writing never throws and never
 * waits for the reader.
 */
export function createLog({ level, destination = standardOutput() }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(line.replace(controls, escapeControl)) },
  )
  return logOver(logger)
}

function logOver(logger: Logger): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: Fields): void => {
      if (logger.isLevelEnabled(level)) logger[level](cleanFields(fields ?? {}), cleanText(message))
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => logOver(logger.child(cleanFields(fields))),
  }
}

/**
 * Asynchronous, so that a full pipe holds up no call. pino writes what is left when the process ends, and
 * stops writing when nobody reads any more.
 */
function standardOutput(): { write(line: string): unknown } {
  const options = { dest: 1, sync: false, minLength: 0, maxLength: maxBufferedBytes }
  return pino.destination(options).on('error', () => undefined)
}
