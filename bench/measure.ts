// What all measurements share. Competitors take turns, round by round, so that whatever else the machine does falls on
// each alike; a ratio is the median of the ratios of each round.

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly figure: string
  /** Against the first competitor of its group, where there is one. */
  readonly ratio?: number | undefined
  readonly wanted?: string | undefined
}

export interface Competitor {
  readonly name: string
  /** Gives what one round took; what it prepares is not in the figure. */
  readonly round: () => Promise<number> | number
  readonly wanted?: string
}

export function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? NaN
}

/** How many milliseconds the work took. */
export async function taking(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * The competitors by turns; the first is what the ratios are against. The rounds for V8's compilers come before those that
 * count.
 */
export async function compare(
  rounds: number,
  show: (value: number) => string,
  competitors: readonly Competitor[],
  compilerRounds = 1,
): Promise<Row[]> {
  const taken = competitors.map((): number[] => [])
  for (let round = -compilerRounds; round < rounds; round++) {
    for (const [index, { round: measure }] of competitors.entries()) {
      const value = await measure()
      if (round >= 0) taken[index]?.push(value)
    }
  }
  const base = taken[0] ?? []
  return competitors.map(({ name, wanted }, index) => {
    const own = taken[index] ?? []
    const ratio = index === 0 ? undefined : median(own.map((value, at) => value / (base[at] ?? NaN)))
    return { what: name, figure: show(median(own)), ratio, wanted }
  })
}

export const inNs = (ms: number) => `${Math.round(ms * 1e6).toLocaleString('en')} ns`
export const inUs = (ms: number) => `${(ms * 1e3).toFixed(1)} us`
export const inMs = (ms: number) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`

/** Calls `call` so many times, each after the one before has called back. */
export function chained(count: number, call: (done: () => void) => void): Promise<void> {
  return new Promise(resolve => {
    let left = count
    const next = () => (left-- === 0 ? resolve() : call(next))
    next()
  })
}

export function printTable(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`)
  const width = Math.max(...rows.map(({ what }) => what.length))
  for (const { what, figure, ratio, wanted } of rows) {
    const shownRatio = ratio === undefined ? '' : `${ratio.toFixed(2)}x`
    const shownWanted = wanted === undefined ? '' : `   wanted: ${wanted}`
    console.log(`  ${what.padEnd(width)} ${figure.padStart(14)} ${shownRatio.padStart(8)}${shownWanted}`)
  }
}
