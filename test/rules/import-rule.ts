// Who may import whom (the arrows point to core). A zone is a folder that can be read, tested and
// replaced alone; adapters never import each other, and only the composition root (engine/main.ts with
// its parts in engine/compose) names all of them.

import { posix } from 'node:path'
import type { Source } from './sources.ts'

/** For each zone the zones that it may import; 'types' limits that to `import type`. */
const mayImport: Readonly<Record<string, Readonly<Record<string, 'all' | 'types'>>>> = {
  'engine/config': {},
  'engine/core': {},
  'engine/app': { 'engine/core': 'all' },
  'engine/dsp': {},
  // The root of the media thread, as main.ts is of the process: it brings in the recording writer.
  'engine/media/worker.ts': {
    'engine/core': 'all',
    'engine/dsp': 'all',
    'engine/media': 'all',
    recordings: 'all',
  },
  'engine/media': {
    'engine/core': 'all',
    'engine/dsp': 'all',
    'engine/media/worker.ts': 'all',
  },
  'engine/microphone': { 'engine/core': 'all', 'engine/dsp': 'all' },
  'engine/sherpa': { 'engine/core': 'all', 'engine/dsp': 'all' },
  'engine/sip': { 'engine/core': 'all' },
  'engine/sip-server': {},
  'engine/api/pages/assets': {},
  'engine/api': { 'engine/core': 'all', 'engine/app': 'all' },
  'engine/store': { 'engine/core': 'all' },
  'engine/observe': { 'engine/core': 'all' },
  'engine/tokens': { 'engine/core': 'all' },
  'engine/web': { 'engine/core': 'all', 'engine/dsp': 'all' },
  // A program of its own: a SIP peer made of our parts. It shares the one file that knows drachtio-srf.
  'engine/lab': {
    'engine/core': 'types',
    'engine/dsp': 'all',
    'engine/sip': 'all',
    'engine/sip-server': 'all',
  },
  'engine/setup': { docker: 'all' },
  'softphone/device': {},
  'softphone/app': { 'softphone/device': 'all' },
  // What a call looks like over time is known once, by the page that needs no build.
  'softphone/console': { 'softphone/app': 'all', 'engine/api/pages/assets': 'all' },
  tts: { 'engine/core': 'all', 'engine/dsp': 'all', 'engine/sherpa': 'all' },
  recordings: { 'engine/core': 'all', 'engine/dsp': 'all' },
  docker: {},
}

/** Zones that may import everything: the composition root, the tests and tool configuration. */
const mayImportAll = ['engine/main.ts', 'engine/compose', 'test', 'vitest.config.ts']

const within = (path: string, zone: string) => path === zone || path.startsWith(`${zone}/`)

/** The zone of a file; a dialect is a zone inside engine/api. Undefined for a file in no zone. */
function zoneOf(path: string): string | undefined {
  return [...mayImportAll, ...Object.keys(mayImport)].find((zone) => within(path, zone))
}

const dialectOf = (path: string) => /^engine\/api\/dialects\/([^/]+)\//.exec(path)?.[1]

interface Import {
  readonly to: string
  readonly isTypeOnly: boolean
}

const statement =
  /^[ \t]*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'|(?:import|URL)\(\s*'(\.[^']+\.[mc]?[tj]s)'/gm

/** What a file imports of ours, worker threads that it starts by URL included. */
function importsOf({ path, text }: Source): Import[] {
  return [...text.matchAll(statement)].map(([, type, statically, otherwise]) => ({
    to: posix.join(posix.dirname(path), statically ?? otherwise ?? ''),
    isTypeOnly: type !== undefined,
  }))
}

function isAllowed(from: string, to: string, isTypeOnly: boolean): boolean {
  const [zone, target] = [zoneOf(from), zoneOf(to)]
  if (zone === undefined || target === undefined) return false
  const [dialect, other] = [dialectOf(from), dialectOf(to)]
  if (dialect !== undefined && other !== undefined && dialect !== other) return false
  if (zone === target || mayImportAll.includes(zone)) return true
  const permission = mayImport[zone]?.[target]
  return permission === 'all' || (permission === 'types' && isTypeOnly)
}

/** A line for every import that the rule forbids, and for every program outside all zones. */
export function forbiddenImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    if (zoneOf(source.path) === undefined) return [`${source.path}: in no known folder`]
    return importsOf(source)
      .filter(({ to, isTypeOnly }) => !isAllowed(source.path, to, isTypeOnly))
      .map(({ to, isTypeOnly }) => `${source.path} imports ${to}${isTypeOnly ? ' (types)' : ''}`)
  })
}
