import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, copyFile, mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { GreetingFiles } from '../engine/core/ports/greetings.ts'

const nameShape = /^[0-9a-f-]{36}\.wav$/

/** Greetings of voicemail boxes: a folder of WAV files, each of which one box names. */
export function greetingFolder(folder: string): GreetingFiles {
  const root = resolve(folder)
  const placeOf = (file: string): string => {
    if (!nameShape.test(file)) throw new Error('not the name of a greeting')
    return join(root, file)
  }
  return {
    async pathOf(file) {
      const path = placeOf(file)
      await access(path)
      return path
    },
    async keep(path) {
      await mkdir(root, { recursive: true, mode: 0o700 })
      const file = `${randomUUID()}.wav`
      await copyFile(path, join(root, file))
      return file
    },
    async remove(file) {
      await rm(placeOf(file), { force: true })
    },
    async spool(stream, path) {
      await pipeline(stream, createWriteStream(path, { mode: 0o600 }))
    },
  }
}
