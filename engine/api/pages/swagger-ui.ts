import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'

/**
 * The files of the package swagger-ui-dist that the page of the documentation needs. This is the one place
 * that knows the package: its script makes the global `SwaggerUIBundle`, see assets/docs.js.
 */
const about = fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json'))
const { version } = JSON.parse(readFileSync(about, 'utf8')) as { version: string }

const files = [
  { name: 'swagger-ui.css', type: 'text/css; charset=utf-8' },
  { name: 'swagger-ui-bundle.js', type: 'text/javascript; charset=utf-8' },
] as const

/** The version is in the address, so that what is there never changes. */
const pathOf = (name: (typeof files)[number]['name']): string =>
  `/assets/swagger-ui/${version}/${name}`

export const swaggerUi = {
  style: pathOf('swagger-ui.css'),
  script: pathOf('swagger-ui-bundle.js'),
}

export function addSwaggerUi(app: FastifyInstance): void {
  for (const { name, type } of files) {
    const content = readFileSync(join(dirname(about), name))
    app.get(pathOf(name), async (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(content),
    )
  }
}
