import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Failure } from '../../core/failures.ts'
import type { BodyReader, BytesReader } from '../dialect.ts'

/** Lets a dialect read bodies in its own ways; an empty body counts as none. */
export function readBodies(
  scope: FastifyInstance,
  readers: readonly (BodyReader | BytesReader)[],
): void {
  for (const reader of readers) {
    if (scope.hasContentTypeParser(reader.type)) scope.removeContentTypeParser(reader.type)
    if ('readBytes' in reader) {
      const parse = async ({ headers }: FastifyRequest, body: Buffer) =>
        body.length === 0 ? undefined : reader.readBytes(body, headers['content-type'] ?? '')
      scope.addContentTypeParser(reader.type, { parseAs: 'buffer' }, parse)
      continue
    }
    const parse = async (_request: FastifyRequest, body: string) =>
      body === '' ? undefined : reader.read(body)
    scope.addContentTypeParser(reader.type, { parseAs: 'string' }, parse)
  }
}

/** Whoever sends a body of another type is told which are taken here. */
export function nameTypes(
  scope: FastifyInstance,
  readers: readonly (BodyReader | BytesReader)[],
): void {
  const types = ['application/json', ...readers.map(({ type }) => type)].join(', ')
  // What is thrown here goes to the handler of the scope around this one.
  scope.setErrorHandler((error: Error & { code?: string }) => {
    if (error.code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') throw error
    throw new Failure('unsupported_media_type', `The body must be one of ${types}`, undefined, {
      cause: error,
    })
  })
}
