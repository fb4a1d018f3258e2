import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long, the longest first, about half a minute and more. One that starts late is waited for alone. */
const long = [
  'test/browser/sdk.test.ts',
  'test/browser/page-calls.test.ts',
  'test/fault/start.test.ts',
  'test/conformance/engine/removal.test.ts',
  'test/e2e/linphone-transfers.test.ts',
  'test/browser/real-life.test.ts',
  'test/fault/life.test.ts',
  'test/e2e/sipp-flows.test.ts',
  'test/e2e/lab.test.ts',
  'test/browser/page-looks.test.ts',
  'test/browser/conference-page.test.ts',
  'test/e2e/two-makes-of-phone.test.ts',
  'test/e2e/dead-first-target.test.ts',
  'test/browser/page.test.ts',
  'test/e2e/tokens.test.ts',
  'test/fault/storm.test.ts',
  'test/browser/page-life.test.ts',
  'test/e2e/microphone.test.ts',
  'test/media/thread-death.test.ts',
]

/**
 * Within a group the long ones first. The rest is in vitest's order: by the time that each took before, or by
 * its size where that is not known, as in a fresh clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b))
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder

function rankOf({ moduleId, project }: TestSpecification): number {
  const rank = long.indexOf(relative(project.config.root, moduleId))
  return rank < 0 ? long.length : rank
}
