import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering } from '../../bench/child.ts'
import { summaryOf } from '../../bench/statistics.ts'
import { CrowdLeg } from './crowd-leg.ts'
import { DelayMeter } from './heard-delay.ts'
import type {
  Aim,
  CrowdChildOptions,
  CrowdFigures,
  CrowdQuestion,
  DelayFigures,
  Pair,
  ToneLevels,
  ToneQuestion,
  Turn,
} from './protocol.ts'
import { loopOf } from './voices.ts'

/**
 * A process with many RTP legs in it: each sends a packet every 20 ms on absolute deadlines, of its voice when it
 * is its turn and of silence else, and counts what it hears. How late it was itself, and what it cost, is part of
 * its figures. Run by `RtpCrowd`.
 */

const FRAME_MS = 20
/** Members are not in step with each other: their packets are spread over the frame in so many groups. */
const GROUPS = 10
const STEP_MS = FRAME_MS / GROUPS
/** Steps that a packet may be held back, at most. */
const SLOTS = 64
const STALL_MS = 60
const BUFFER_BYTES = 4_194_304

const legs: CrowdLeg[] = []
let address = '127.0.0.1'
let jitterMs = 0
let lateMs: number[] = []
let measuredFromMs = performance.now()
let cpu = process.cpuUsage()

async function open(options: CrowdChildOptions): Promise<number[]> {
  address = options.address
  jitterMs = Math.min(options.jitterMs, SLOTS * STEP_MS - FRAME_MS)
  const ports: number[] = []
  const { legsPerSocket, firstSsrc } = options
  for (let first = 0; first < options.legs.length; first += legsPerSocket) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES })
    socket.bind(0, address)
    await once(socket, 'listening')
    socket.on('error', () => {})
    const alone = legsPerSocket === 1
    const sharing = options.legs.slice(first, first + legsPerSocket).map((leg, n) => {
      ports.push(socket.address().port)
      return new CrowdLeg(socket, alone, leg.codec, leg.payloadType, firstSsrc + first + n)
    })
    legs.push(...sharing)
    listen(socket, sharing)
  }
  void pace()
  return ports
}

function listen(socket: Socket, sharing: readonly CrowdLeg[]): void {
  const [only] = sharing
  if (only && sharing.length === 1) {
    socket.on('message', (packet) => only.receive(packet, performance.now()))
    return
  }
  const byPort = new Map<number, CrowdLeg>()
  socket.on('message', (packet, { port }) => {
    let leg = byPort.get(port)
    if (leg?.remotePort !== port) {
      leg = sharing.find(({ remotePort }) => remotePort === port)
      if (!leg) return
      byPort.set(port, leg)
    }
    leg.receive(packet, performance.now())
  })
}

/** A packet whose time has come, and one that the network holds back. */
interface Due {
  readonly leg: CrowdLeg
  readonly nominalMs: number
}

/** A slot for each step of the near future. */
const slots: Due[][] = Array.from({ length: SLOTS }, () => [])
const lastStep = new Map<CrowdLeg, number>()

/** Packets of a leg stay in order, as most networks keep them. */
function schedule(leg: CrowdLeg, step: number, nominalMs: number): void {
  const held = Math.floor((Math.random() * jitterMs) / STEP_MS)
  const at = Math.max(step + held, lastStep.get(leg) ?? 0)
  lastStep.set(leg, at)
  slots[at % SLOTS]!.push({ leg, nominalMs })
}

async function pace(): Promise<void> {
  let startMs = performance.now()
  for (let step = 0; ; step++) {
    const dueMs = startMs + step * STEP_MS
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await sleep(Math.ceil(waitMs))
    const nowMs = performance.now()
    // A phone that stood still does not pour out what it would have said.
    if (nowMs > dueMs + STALL_MS) startMs += nowMs - dueMs
    for (let at = step % GROUPS; at < legs.length; at += GROUPS) {
      if (jitterMs > 0) schedule(legs[at]!, step, nowMs)
      else legs[at]!.send(nowMs, address)
    }
    if (jitterMs > 0)
      for (const { leg, nominalMs } of slots[step % SLOTS]!.splice(0)) leg.send(nominalMs, address)
    lateMs.push(performance.now() - dueMs)
  }
}

function aim(targets: readonly Aim[]): void {
  for (const { leg, port } of targets) legs[leg]!.aim(port, address)
}

function say(turns: readonly Turn[]): number {
  // Encoded before anybody begins.
  for (const { leg, voice } of turns) loopOf(legs[leg]!.codec, voice)
  const nowMs = performance.now()
  const byLeg = Map.groupBy(turns, ({ leg }) => leg)
  for (const [n, leg] of legs.entries()) leg.say(byLeg.get(n) ?? [], nowMs)
  return nowMs
}

function measure(keep: readonly number[]): void {
  const kept = new Set(keep)
  for (const [n, leg] of legs.entries()) leg.measure(kept.has(n))
  lateMs = []
  cpu = process.cpuUsage()
  measuredFromMs = performance.now()
}

function figures(): CrowdFigures {
  const used = process.cpuUsage(cpu)
  const elapsedMs = performance.now() - measuredFromMs
  return {
    elapsedMs,
    legs: legs.map((leg) => leg.figures()),
    lateMs: summaryOf(lateMs),
    cpu: (used.user + used.system) / 1000 / elapsedMs,
  }
}

const tones = (wanted: readonly ToneQuestion[]): ToneLevels[] =>
  wanted.map(({ leg, fromMs, toMs, frequenciesHz }) => {
    const { heard } = legs[leg]!
    if (!heard) throw new Error(`leg ${leg} was not told to keep what it hears`)
    return heard.tones(fromMs, toMs, frequenciesHz)
  })

function delays(pairs: readonly Pair[]): DelayFigures {
  const meter = new DelayMeter()
  for (const { talker, listener } of pairs) {
    const { said } = legs[talker]!
    const { heard } = legs[listener]!
    if (!said || !heard)
      throw new Error(`leg ${talker} has not spoken, or ${listener} not listened`)
    meter.add(said, heard.pcm())
  }
  return meter.figures()
}

answering(async (question: CrowdQuestion): Promise<unknown> => {
  switch (question.is) {
    case 'open':
      return open(question.options)
    case 'aim':
      return aim(question.targets)
    case 'say':
      return say(question.turns)
    case 'measure':
      return measure(question.keep)
    case 'figures':
      return figures()
    case 'tones':
      return tones(question.wanted)
    case 'delays':
      return delays(question.pairs)
  }
})
