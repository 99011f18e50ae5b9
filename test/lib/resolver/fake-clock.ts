import { timeSource } from '../../../lib/timers.js'

interface FakeTimer {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
  hasRef: boolean
  ref(): FakeTimer
  unref(): FakeTimer
}

/** Stands in for the time source of look-ups and the monotonic clock; real I/O (files, sockets) goes on beside it. */
export class FakeClock {
  #nowMs = 1_000_000
  #order = 0
  readonly #timers = new Set<FakeTimer>()
  readonly #real = { ...timeSource }

  readonly now = (): number => this.#nowMs

  /** How many timers are running; `held`: those that keep the process alive. */
  get timers(): { readonly all: number; readonly held: number } {
    return { all: this.#timers.size, held: [...this.#timers].filter(timer => timer.hasRef).length }
  }

  install(): void {
    const set = (callback: () => void, afterMs = 0) => {
      const timer: FakeTimer = {
        dueMs: this.#nowMs + Math.max(1, afterMs),
        order: this.#order++,
        callback,
        hasRef: true,
        ref: () => Object.assign(timer, { hasRef: true }),
        unref: () => Object.assign(timer, { hasRef: false }),
      }
      this.#timers.add(timer)
      return timer
    }
    Object.assign(timeSource, { setTimeout: set, clearTimeout: (timer: FakeTimer) => void this.#timers.delete(timer) })
  }

  uninstall(): void {
    Object.assign(timeSource, this.#real)
  }

  /** Moves time on, calling what is due on the way and letting everything that follows from it happen. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs
    await settle()
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#nowMs = timer.dueMs
      this.#timers.delete(timer)
      timer.callback()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }

  #next(endMs: number): FakeTimer | undefined {
    const due = [...this.#timers].filter(timer => timer.dueMs <= endMs)
    return due.sort((one, other) => one.dueMs - other.dueMs || one.order - other.order)[0]
  }
}

const fileRequests = new Set(['FSReqPromise', 'FileHandleCloseReq', 'CloseReq'])

/** Until nothing more happens without time or the network. */
export async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    await new Promise(resolve => setImmediate(resolve))
    // The resolver looks at its files: real ones.
    if (process.getActiveResourcesInfo().some(name => fileRequests.has(name))) quiet = -1
  }
}
