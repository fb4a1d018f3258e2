/** `npm run storm -- [kills]`: as the test, with as many kills as are wanted (50). */
import { printConditions } from '../../bench/conditions.ts'
import { storm } from './storm.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const kills = Number(process.argv[2] ?? 50)
if (!Number.isInteger(kills) || kills < 1 || kills > 1_000) {
  print('npm run storm -- [kills]: 1 to 1000, without a number 50')
  process.exit(2)
}
printConditions(print, false)
const aftermath = await storm(kills, print)
print(JSON.stringify(aftermath, null, 2))
const { rungTwice, twoIds, refusals, logFaults, unread, unfinished, ledgerMicro, heldMicro } =
  aftermath
const faults =
  [rungTwice, twoIds, refusals, logFaults].some((list) => list.length > 0) ||
  [unread, unfinished, ledgerMicro, heldMicro].some((figure) => figure !== 0)
print(faults ? 'FAULTS: see above' : 'all adds up')
process.exitCode = faults ? 1 : 0
