import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What Node writes with --cpu-prof; times in microseconds. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface ProfileShare {
  readonly what: string
  /** Of the time looked at, not of that in which the thread worked. */
  readonly share: number
}

/** Frames of V8 itself; what the event loop does outside of JavaScript stands under `(program)` or `(idle)`. */
const ofV8: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code outside of JavaScript',
  '(idle)': 'idle, or in the event loop (epoll, recvmsg)',
}

/** The profile among those in a folder that has a script of this name in it; undefined: none. */
export function profileWith(folder: string, script: string): CpuProfile | undefined {
  const profiles = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile,
  )
  return profiles.find(({ nodes }) => nodes.some(({ callFrame }) => callFrame.url.endsWith(script)))
}

/** Where the last `lastMs` of a profile went, by module of ours and by part of Node, largest first. */
export function sharesOf(profile: CpuProfile, lastMs: number): ProfileShare[] {
  const modules = new Map(profile.nodes.map(({ id, callFrame }) => [id, moduleOf(callFrame)]))
  const times = new Map<string, number>()
  let left = lastMs * 1000
  let total = 0
  for (let n = profile.samples.length - 1; n >= 0 && left > 0; n--) {
    const time = profile.timeDeltas[n]!
    const what = modules.get(profile.samples[n]!) ?? 'unknown'
    times.set(what, (times.get(what) ?? 0) + time)
    total += time
    left -= time
  }
  return [...times]
    .map(([what, time]) => ({ what, share: time / total }))
    .sort((a, b) => b.share - a.share)
}

function moduleOf({ functionName, url }: { functionName: string; url: string }): string {
  const known = ofV8[functionName]
  if (known) return known
  if (url.startsWith('node:dgram')) {
    return functionName === 'doSend' ? 'node:dgram doSend, with the system call' : 'node:dgram'
  }
  if (url.startsWith('wasm:')) return 'libopus (WebAssembly)'
  const ours = /\/(engine|recordings)\/(.+)$/.exec(url)
  if (ours) return `${ours[1]}/${ours[2]}`
  return url.startsWith('node:') ? 'other parts of Node' : 'other'
}
