import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Resolves when a program that was just started has that port (UDP, or TCP in LISTEN); rejects when it ends before. */
export async function listening(
  child: ChildProcess,
  port: number,
  address = '127.0.0.1',
): Promise<void> {
  while (!tables.some((table) => isIn(table, port, address))) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`${child.spawnfile} did not start: is it installed?`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Of /proc/net: each socket's place and state, in hexadecimal, the address as a number of this machine. */
const tables = [
  ['udp', '07'],
  ['tcp', '0A'],
] as const

function isIn([table, state]: (typeof tables)[number], port: number, address: string): boolean {
  const bytes = address.split('.').map((part) => hex(Number(part), 2))
  const place = `${bytes.toReversed().join('')}:${hex(port, 4)}`
  return readFileSync(`/proc/net/${table}`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some((fields) => fields[1] === place && fields[3] === state)
}

const hex = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, '0')
