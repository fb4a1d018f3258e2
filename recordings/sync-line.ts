/** So many files of a thread may be waiting for the disk at a time: the process has four hands for all its file work. */
const MOST_AT_ONCE = 2

const line: (() => void)[] = []
let busy = 0

/** Runs `work` when it is its turn; it calls `leave` when it is done. */
export function inLine(work: (leave: () => void) => void): void {
  line.push(() => work(leave))
  next()
}

function leave(): void {
  busy -= 1
  next()
}

function next(): void {
  if (busy >= MOST_AT_ONCE) return
  const work = line.shift()
  if (!work) return
  busy += 1
  work()
}
