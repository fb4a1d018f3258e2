import type { Environment } from './config.ts'

/** The environment of programs that are started: ours, without our own settings and the secrets in them. */
export function childEnvironment(env: Environment = process.env): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('RINGDOWN_')))
}
