import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { BodyReader } from '../dialect.ts'

/** Lets a dialect read bodies in its own ways; an empty body counts as none. */
export function readBodies(scope: FastifyInstance, readers: readonly BodyReader[]): void {
  for (const reader of readers) {
    if (scope.hasContentTypeParser(reader.type)) scope.removeContentTypeParser(reader.type)
    const parse = async (_request: FastifyRequest, body: string) =>
      body === '' ? undefined : reader.read(body)
    scope.addContentTypeParser(reader.type, { parseAs: 'string' }, parse)
  }
}
