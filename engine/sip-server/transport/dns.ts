import { lookup, type SrvRecord, Resolver as SystemResolver } from 'node:dns'

/** Name look-ups as a port. Undefined: no such name, or no answer. */
export interface Dns {
  address(host: string, family: 4 | 6, done: (address: string | undefined) => void): void
  services(name: string, done: (records: readonly SrvRecord[]) => void): void
}

export type { SrvRecord }

// a name server that is away must not hold a call for long
const impatient = new SystemResolver({ timeout: 1000, tries: 2 })

export const systemDns: Dns = {
  address: (host, family, done) => {
    lookup(host, { family }, (error, address) => done(error === null ? address : undefined))
  },
  services: (name, done) => {
    impatient.resolveSrv(name, (error, records) => done(error === null ? records : []))
  },
}
