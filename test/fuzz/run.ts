import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { giantsOf, inputsOf } from './mutate.ts'
import type { Target } from './target.ts'
import { targets } from './targets.ts'

/** No single input may take longer, in CPU time of this thread. */
const mostMs = 50
/** Inputs that seem slow are measured again: garbage collection and compilation are not theirs. */
const measurements = 4
/** The heap at the end may be larger than early on by no more than this. */
const mostGrowthMib = 16
const batch = 2000

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function usage(): never {
  print('npm run fuzz -- <target> <seconds> [seed]')
  for (const { name, about } of targets) print(`  ${name.padEnd(10)} ${about}`)
  process.exit(2)
}

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function timed(target: Target, input: string): number {
  const startMs = cpuMs()
  target.run(input)
  return cpuMs() - startMs
}

class Slow extends Error {}

/** The least of some measurements, once the first was over the limit. */
function judge(target: Target, input: string): number {
  let tookMs = timed(target, input)
  for (let i = 1; i < measurements && tookMs > mostMs; i++) {
    tookMs = Math.min(tookMs, timed(target, input))
  }
  if (tookMs > mostMs) throw new Slow(`${tookMs.toFixed(0)} ms for ${input.length} bytes`)
  return tookMs
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapMib(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const rssMib = (): string => (process.memoryUsage.rss() / 2 ** 20).toFixed(0)

/** Writes an input into a file and says where. */
function kept(target: Target, what: string, input: string): string {
  const file = join(tmpdir(), `ringdown-fuzz-${target.name}-${what}.bin`)
  writeFileSync(file, Buffer.from(input, 'latin1'))
  return file
}

class Run {
  readonly #target: Target
  readonly #startMs = performance.now()
  readonly #durationMs: number
  #inputs = 0
  #slowestMs = 0
  #slowest = ''
  #earlyMib: number | undefined
  #toldMs = 0

  constructor(target: Target, durationMs: number) {
    this.#target = target
    this.#durationMs = durationMs
  }

  /** False when something was found. */
  go(firstSeed: number): boolean {
    for (const input of [...this.#target.seeds, ...giantsOf(this.#target)]) {
      try {
        this.#one(input)
      } catch (error) {
        return this.#found(input, error, 'a seed or a giant')
      }
    }
    const inputs = inputsOf(this.#target)
    for (let seed = firstSeed; this.#elapsedMs < this.#durationMs; seed++) {
      const left = this.#durationMs - this.#elapsedMs
      const property = fc.property(inputs, (input) => this.#one(input))
      const result = fc.check(property, {
        ...{ seed, numRuns: batch, interruptAfterTimeLimit: left, markInterruptAsFailure: false },
      })
      if (result.failed && result.counterexample) {
        return this.#found(result.counterexample[0], result.errorInstance, `seed ${seed}`)
      }
      this.#progress()
    }
    return this.#sum()
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startMs
  }

  #one(input: string): void {
    const tookMs = judge(this.#target, input)
    this.#inputs++
    if (tookMs <= this.#slowestMs) return
    this.#slowestMs = tookMs
    this.#slowest = input
  }

  #progress(): void {
    if (this.#earlyMib === undefined && this.#elapsedMs > this.#durationMs / 5) {
      this.#earlyMib = heapMib()
    }
    if (this.#elapsedMs - this.#toldMs < 5000) return
    this.#toldMs = this.#elapsedMs
    print(this.#line())
  }

  #line(): string {
    const seconds = this.#elapsedMs / 1000
    const rate = (this.#inputs / seconds).toFixed(0)
    return (
      `${seconds.toFixed(0).padStart(5)} s  ${this.#inputs} inputs, ${rate}/s, ` +
      `slowest ${this.#slowestMs.toFixed(1)} ms, memory ${rssMib()} MiB`
    )
  }

  #sum(): boolean {
    const growth = heapMib() - (this.#earlyMib ?? heapMib())
    print(`${this.#line()}, heap ${growth < 0 ? '' : '+'}${growth.toFixed(1)} MiB`)
    print(
      `the slowest input, ${this.#slowest.length} bytes, is in ${kept(this.#target, 'slowest', this.#slowest)}`,
    )
    if (growth <= mostGrowthMib) return true
    print('FOUND  the heap grows')
    return false
  }

  #found(input: string, error: unknown, where: string): false {
    const file = kept(this.#target, 'found', input)
    print(`FOUND  ${where}, after ${this.#inputs} inputs; ${input.length} bytes are in ${file}`)
    print(JSON.stringify(input.slice(0, 600)))
    print(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return false
  }
}

const [name, seconds, seed] = process.argv.slice(2)
const target = targets.find((each) => each.name === name)
const durationS = Number(seconds)
if (target === undefined || !(durationS > 0)) usage()
const firstSeed = seed === undefined ? Date.now() % 1_000_000 : Number(seed)
print(`${target.name}: ${target.about}; ${durationS} s, first seed ${firstSeed}`)
if (!new Run(target, durationS * 1000).go(firstSeed)) process.exitCode = 1
