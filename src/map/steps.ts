// A tenth of what a client gives a look-up and its connect together.
const sliceMs = 10

export function runAtOnce<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const step = runSlice(steps, Infinity)
    if (step.done === true) return step.value
  }
}

/** Runs the steps in slices of some milliseconds, with the event loop's other work in between. */
export async function runInSlices<Result>(steps: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    const step = runSlice(steps, performance.now() + sliceMs)
    if (step.done === true) return step.value
    await new Promise(resolve => setImmediate(resolve))
  }
}

function runSlice<Result>(steps: Generator<undefined, Result>, endsAtMs: number): IteratorResult<undefined, Result> {
  // A hostile document may have a hundred thousand errors: their stacks would take most of the time and memory.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    for (;;) {
      const step = steps.next()
      if (step.done === true || performance.now() >= endsAtMs) return step
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
