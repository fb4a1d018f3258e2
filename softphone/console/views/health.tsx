import type { JSX } from 'preact'
import { objectOf } from '../api/json.ts'
import { useClient } from '../context.ts'
import { metricsIn } from '../metrics.ts'
import { Chip } from '../parts/chip.tsx'
import { Tile } from '../parts/tile.tsx'
import { useAsked } from '../use-asked.ts'

/** Whether the engine can take calls, and the figures of the process. */
export function HealthView(): JSX.Element {
  const client = useClient()
  const ready = useAsked(
    async () => objectOf(objectOf(await (await client.page('/readyz')).json())['checks']),
    [],
    { everyMs: 3_000 },
  )
  const metrics = useAsked(
    async () => metricsIn(await (await client.page('/metrics')).text()),
    [],
    { everyMs: 3_000 },
  )
  return (
    <>
      <ul class="checks">
        {Object.entries(ready.value ?? {}).map(([name, word]) => (
          <li key={name}>
            <strong>{name}</strong> <Chip word={String(word)} />
          </li>
        ))}
      </ul>
      <div class="tiles">
        {(metrics.value ?? []).map(({ label, value }) => (
          <Tile key={label} label={label} value={value} />
        ))}
      </div>
      <p>
        <a href="/metrics">All metrics</a>
      </p>
    </>
  )
}
