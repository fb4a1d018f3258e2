import { resolve } from 'node:path'
import type { SettingValues } from './settings.ts'

/** Where whole recordings are kept, besides the folder. */
export interface VaultConfig {
  /** Folder with private keys. Absolute path; undefined: the engine holds none. */
  readonly keysDir: string | undefined
  readonly bucket:
    | {
        /** An http or https URL; undefined: that of the region. */
        readonly endpoint: string | undefined
        readonly name: string
        readonly region: string
        readonly accessKey: string
        /** Before each name, without slashes around it; may be empty. */
        readonly prefix: string
        readonly keepsLocal: boolean
      }
    | undefined
}

export function vaultOf(v: SettingValues, cwd: string): VaultConfig {
  const { RINGDOWN_S3_BUCKET: name, RINGDOWN_S3_ACCESS_KEY: accessKey } = v
  const keysDir = v.RINGDOWN_RECORDING_KEYS_DIR
  return {
    keysDir: keysDir === undefined ? undefined : resolve(cwd, keysDir),
    bucket:
      name === undefined || accessKey === undefined
        ? undefined
        : {
            ...{ endpoint: v.RINGDOWN_S3_ENDPOINT, name, region: v.RINGDOWN_S3_REGION, accessKey },
            prefix: (v.RINGDOWN_S3_PREFIX ?? '').replaceAll(/^\/+|\/+$/g, ''),
            keepsLocal: v.RINGDOWN_S3_KEEP_LOCAL,
          },
  }
}

export function faultsOfVault(v: SettingValues): string[] {
  const needed = ['RINGDOWN_S3_BUCKET', 'RINGDOWN_S3_ACCESS_KEY', 'RINGDOWN_S3_SECRET_KEY'] as const
  const others = ['RINGDOWN_S3_ENDPOINT', 'RINGDOWN_S3_PREFIX'] as const
  const isWanted = [...needed, ...others].some((name) => v[name] !== undefined)
  const missing = needed.filter((name) => v[name] === undefined)
  if (!isWanted || missing.length === 0) return []
  return [`recordings in S3 need ${missing.join(' and ')} too`]
}
