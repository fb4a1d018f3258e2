import type { FastifyInstance } from 'fastify'
import type { ApiOptions } from '../options.ts'

/** The web pages. */
export function addPages(app: FastifyInstance, options: ApiOptions): void {
  app.get('/', async (_request, reply) =>
    reply.type('text/plain').send(`Ringdown ${options.version}\n`),
  )
}
