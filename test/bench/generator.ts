import { setTimeout as sleep } from 'node:timers/promises'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { audioPortOf, phoneSdp, ScriptedPhone } from '../support/scripted-phone.ts'
import { AudioLeg, type Method, type Tally } from './audio-leg.ts'
import { type Summary, summaryOf } from './statistics.ts'

/**
 * All phones behind the trunk, in a process of their own: they answer the calls that come, send a packet
 * each every 20 ms on absolute deadlines, and count and time what arrives. How late they themselves were
 * is part of the report, so that the engine is not blamed for it. Run by `GeneratorProcess`.
 */

export interface GeneratorOptions {
  readonly address: string
  readonly legs: number
  /** Payload types of the calling and of the called side of a bridge. */
  readonly payloadTypes: readonly [0 | 8, 0 | 8]
  readonly method: Method
}
export type GeneratorCommand =
  | ({ readonly is: 'open' } & GeneratorOptions)
  | { readonly is: 'talk'; readonly warmUpMs: number; readonly measureMs: number }
  | { readonly is: 'hangUp' }
export interface Talked {
  readonly is: 'talked'
  readonly sent: number
  readonly received: number
  readonly missing: number
  readonly delayMs: Summary
  /** How long after their deadlines packets were sent. */
  readonly lateMs: Summary
  /** CPU of this process while measuring, as a share of a core. */
  readonly cpu: number
}
export type GeneratorReport =
  | { readonly is: 'opened'; readonly port: number }
  /** Another leg is up: so many are now. */
  | { readonly is: 'up'; readonly legs: number }
  /** The warm-up is over. */
  | { readonly is: 'measuring' }
  | Talked
  | { readonly is: 'hungUp' }

const frameMs = 20
/** Phones are not in step with each other: their packets are spread over the frame in so many groups. */
const groups = 10
/** After the last packet, for what is still on its way. */
const lastArrivalsMs = 300

const tally: Tally = { sent: 0, received: 0, missing: 0, delaysMs: [] }
const legs: AudioLeg[] = []
const calls: ScriptedCall[] = []
let up = 0

const report = (message: GeneratorReport): void => {
  process.send?.(message)
}

/** The last four digits of the number say which leg is called. */
async function take(call: ScriptedCall, { address, payloadTypes }: GeneratorOptions) {
  const n = Number(call.number.slice(-4))
  const leg = legs[n]
  if (!leg) {
    call.refuse(404)
    return
  }
  leg.remotePort = audioPortOf(call.remoteSdp)
  calls.push(call)
  call.accept(phoneSdp(address, leg.port, payloadTypes[n % 2]!))
  await call.acknowledged
  up += 1
  report({ is: 'up', legs: up })
}

async function open(options: GeneratorOptions): Promise<void> {
  const { address, legs: count, payloadTypes, method } = options
  for (let n = 0; n < count; n++) {
    legs.push(await AudioLeg.open(address, n, payloadTypes[n % 2]!, method, tally))
  }
  for (const [n, leg] of legs.entries()) leg.partner = legs[n ^ 1]
  const phone = await ScriptedPhone.open({ address, onCall: (call) => void take(call, options) })
  report({ is: 'opened', port: phone.port })
}

async function talk(warmUpMs: number, measureMs: number): Promise<void> {
  const lateMs: number[] = []
  const warmUpTicks = Math.round(warmUpMs / frameMs)
  const ticks = warmUpTicks + Math.round(measureMs / frameMs)
  const startMs = performance.now()
  let cpu = process.cpuUsage()
  let measuredFromMs = startMs
  for (let tick = 0; tick < ticks; tick++) {
    const counts = tick >= warmUpTicks
    for (let group = 0; group < groups; group++) {
      const dueMs = startMs + tick * frameMs + (group * frameMs) / groups
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await sleep(Math.ceil(waitMs))
      if (tick === warmUpTicks && group === 0) {
        measuredFromMs = performance.now()
        cpu = process.cpuUsage()
        for (const leg of legs) leg.measure(measuredFromMs)
        report({ is: 'measuring' })
      }
      for (let n = group; n < legs.length; n += groups) legs[n]!.send(counts)
      if (counts) lateMs.push(performance.now() - dueMs)
    }
  }
  const used = process.cpuUsage(cpu)
  const elapsedMs = performance.now() - measuredFromMs
  await sleep(lastArrivalsMs)
  const { sent, received, missing, delaysMs } = tally
  report({
    is: 'talked',
    ...{ sent, received, missing },
    delayMs: summaryOf(delaysMs),
    lateMs: summaryOf(lateMs),
    cpu: (used.user + used.system) / 1000 / elapsedMs,
  })
}

async function hangUp(): Promise<void> {
  for (const call of calls) call.bye()
  await Promise.all(calls.map((call) => call.ended))
  report({ is: 'hungUp' })
}

process.on('message', (command: GeneratorCommand) => {
  switch (command.is) {
    case 'open':
      void open(command)
      break
    case 'talk':
      void talk(command.warmUpMs, command.measureMs)
      break
    case 'hangUp':
      void hangUp()
      break
  }
})
process.on('disconnect', () => process.exit(0))
