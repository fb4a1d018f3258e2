// System packages, installed by apt-get on Debian when we are root.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What became of a wish for packages: all there, or not and the command that would do it. */
export type Installed = { readonly ok: true } | { readonly ok: false; readonly command: string }

/** What this file asks of the machine; tests put their own in its place. */
export interface Machine {
  readonly isDebian: boolean
  readonly isRoot: boolean
  /** Runs a program; returns its exit code (-1 when it cannot be run) and what it printed. */
  run(program: string, args: readonly string[]): { readonly code: number; readonly out: string }
}

export const thisMachine: Machine = {
  isDebian: existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-query'),
  isRoot: process.getuid?.() === 0,
  run(program, args) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const done = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 2 ** 26 })
    return { code: done.status ?? -1, out: `${done.stdout ?? ''}${done.stderr ?? ''}` }
  },
}

/** Those of `packages` that dpkg does not know as installed. */
export function missingPackages(packages: readonly string[], machine: Machine): string[] {
  const format = `\${binary:Package} \${db:Status-Status}\n`
  const known = machine.run('dpkg-query', ['-W', '-f', format, ...packages]).out
  const installed = new Set(
    known
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(/[: ]/, 1)[0]),
  )
  return packages.filter((name) => !installed.has(name))
}

/** Installs what is missing of `packages`; never asks, never throws. */
export function installPackages(
  packages: readonly string[],
  say: (message: string) => void,
  machine: Machine = thisMachine,
): Installed {
  if (!machine.isDebian) return { ok: false, command: commandFor(packages) }
  const missing = missingPackages(packages, machine)
  if (missing.length === 0) return { ok: true }
  const command = commandFor(missing)
  if (!machine.isRoot) return { ok: false, command }
  say(`installing Debian packages: ${missing.join(' ')}`)
  const install = ['install', '-y', '-q', '--no-install-recommends', ...missing]
  // A machine's package lists may be absent or old, so a first failure is not the last word.
  if (machine.run('apt-get', install).code === 0) return { ok: true }
  machine.run('apt-get', ['update', '-q'])
  const second = machine.run('apt-get', install)
  if (second.code === 0) return { ok: true }
  say(second.out.trim().split('\n').slice(-5).join('\n'))
  return { ok: false, command }
}

/** The line to type for these packages; with sudo, as it is shown to those who are not root. */
export function commandFor(packages: readonly string[]): string {
  return `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
}
