import { formatFault, type Fault } from '../errors.js'
import { visibleText } from '../text/visible-text.js'
import type { Report } from './document/node.js'

const maxReported = 100
// With its place; a long path or URL still leaves room for the message.
const maxLineLength = 300
const minMessageLength = 100

/** The first 100 faults of one source, and how many more there are. */
export class FaultList {
  readonly #faults: Fault[] = []
  #more = 0

  readonly report: Report = makeFault => {
    if (this.#faults.length < maxReported) this.#faults.push(limited(makeFault()))
    else this.#more++
  }

  /** The same for the fault that ends reading: it is never left out. */
  readonly reportEnd: Report = makeFault => {
    if (this.#faults.length === maxReported) {
      this.#faults.pop()
      this.#more++
    }
    this.report(makeFault)
  }

  get count(): number {
    return this.#faults.length + this.#more
  }

  /** By line and column, those without first, and last how many are left out. */
  inOrder(): readonly Fault[] {
    return [...sortFaults(this.#faults), ...this.#rest()]
  }

  /** As they were found, and last how many are left out. */
  found(): readonly Fault[] {
    return [...this.#faults, ...this.#rest()]
  }

  #rest(): readonly Fault[] {
    const last = this.#faults.at(-1)
    return this.#more === 0 || last === undefined ? [] : [{ message: `and ${this.#more} more`, origin: last.origin }]
  }
}

/** The faults by line and column; those without keep their order, before the others. */
export function sortFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

function limited(fault: Fault): Fault {
  const place = formatFault({ ...fault, message: '' }).length
  const room = Math.max(minMessageLength, maxLineLength - place) - 1
  // Showing an invisible character takes several, so the text is cut again.
  const message = visibleText(visibleText(fault.message, room), room)
  return { ...fault, message }
}
