interface Ports {
  readonly first: number
  readonly last: number
}

/**
 * The part of the RTP ports that one of several media threads has: pairs of an even port and the odd one above it,
 * as many for each thread as for any other, give or take one, and none for two.
 */
export function shareOfPorts({ first, last }: Ports, index: number, threads: number): Ports {
  const firstEven = first + (first % 2)
  const pairs = Math.max(0, Math.floor((last - firstEven + 1) / 2))
  const from = Math.floor((pairs * index) / threads)
  const to = Math.floor((pairs * (index + 1)) / threads)
  return { first: firstEven + 2 * from, last: firstEven + 2 * to - 1 }
}

/** So many threads can have ports of their own. */
export function mostThreads({ first, last }: Ports): number {
  return Math.max(1, Math.floor((last - first - (first % 2) + 1) / 2))
}
