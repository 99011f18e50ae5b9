/** A task that several may wait for. */
export interface Flight {
  /** True while others may join it. */
  readonly isOpen: boolean
  /** Runs it, once. Never throws; a rejection ends it, and those who wait learn of it from the flight itself. */
  run(): Promise<void>
  /** Ends it before its time. Idempotent. */
  end(): void
}

/** At most one open flight a key, however many ask for it. */
export class SingleFlight<F extends Flight> {
  readonly #flights = new Map<string, F>()

  /** How many flights are under way, open or not. */
  get size(): number {
    return this.#flights.size
  }

  /** The flight that can be joined. */
  get(key: string): F | undefined {
    const flight = this.#flights.get(key)
    return flight?.isOpen === true ? flight : undefined
  }

  /** Starts the flight under the key; one that is still there, closed, is ended. */
  start(key: string, flight: F): F {
    this.#flights.get(key)?.end()
    this.#flights.set(key, flight)
    // By the one who put it there, and only if no later flight has taken the place.
    const leave = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    // After a rejection too, which would end the process if it were not handled.
    flight.run().then(leave, leave)
    return flight
  }

  endAll(): void {
    for (const flight of this.#flights.values()) flight.end()
  }
}
