/** Work in small steps, so that others can have the event loop in between. */
export type Steps<Result> = Generator<undefined, Result>

// A tenth of what a client gives a look-up and its connect together.
const sliceMs = 10

export function runAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = nextStep(steps)
    if (step.done === true) return step.value
  }
}

/** As many steps as some milliseconds take, then the event loop's other work, and so on. */
export async function runInSlices<Result>(steps: Steps<Result>): Promise<Result> {
  let endsAtMs = performance.now() + sliceMs
  for (;;) {
    const step = nextStep(steps)
    if (step.done === true) return step.value
    if (performance.now() < endsAtMs) continue
    await new Promise(resolve => setImmediate(resolve))
    endsAtMs = performance.now() + sliceMs
  }
}

function nextStep<Result>(steps: Steps<Result>): IteratorResult<undefined, Result> {
  // A hostile document may have a hundred thousand errors: their stacks would take most of the time and memory.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return steps.next()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
