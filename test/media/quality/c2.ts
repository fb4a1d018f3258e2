import { cleanNetwork, drift, jitter, loss, reordered, stalls } from './c2-network.ts'
import { changes, comfortNoise, concealment, opusFec } from './c2-sound.ts'
import { printProperties, type QualityTable } from './table.ts'

/** What is measured, group by group, in virtual time. */
export const c2Groups = {
  'a clean network': cleanNetwork,
  jitter,
  'stalls of the network': stalls,
  loss,
  'reordered and double packets': reordered,
  'clocks apart': drift,
  'concealment of G.711': concealment,
  'concealment of Opus': opusFec,
  'streams that change': changes,
  'comfort noise': comfortNoise,
} as const

/** Jitter buffer, concealment, comfort noise, clock drift. */
export const c2: QualityTable = {
  name: 'c2',
  title: 'jitter buffer, concealment, comfort noise, clock drift',
  run: (print) =>
    Promise.resolve(
      printProperties(
        print,
        Object.values(c2Groups).flatMap((measure) => measure()),
      ),
    ),
}
