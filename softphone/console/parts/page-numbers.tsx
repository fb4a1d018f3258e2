import type { JSX } from 'preact'
import { Button } from '../../app/parts/button.tsx'

interface PageNumbersProps {
  /** Of all pages, for who does not see them. */
  readonly label: string
  /** From 1. */
  readonly page: number
  readonly pageSize: number
  readonly total: number
  setPage(page: number): void
}

/** Leads through a list whose pages are numbered; nothing where one page has all. */
export function PageNumbers({
  label,
  page,
  pageSize,
  total,
  setPage,
}: PageNumbersProps): JSX.Element | null {
  const first = (page - 1) * pageSize + 1
  // The last of a page may have been deleted: the way back stays.
  if (total <= pageSize && page === 1) return null
  return (
    <nav class="pager" aria-label={label}>
      <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
        Newer
      </Button>
      <span>
        {first <= total &&
          `${first} to ${Math.min(page * pageSize, total)} of ${total.toLocaleString('en')}`}
      </span>
      <Button disabled={page * pageSize >= total} onClick={() => setPage(page + 1)}>
        Older
      </Button>
    </nav>
  )
}
