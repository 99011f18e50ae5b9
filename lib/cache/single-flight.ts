/** A task that several may wait for. */
export interface Flight {
  /** True while others may join it. */
  readonly isOpen: boolean
  /** Begins it, once. Calls `onEnd` when it is over, by itself or by `end`: others find it no more from then on. */
  run(onEnd: () => void): void
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
    const leave = () => {
      // A later flight may have taken its place.
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    try {
      flight.run(leave)
    } catch (error) {
      leave()
      throw error
    }
    return flight
  }

  endAll(): void {
    for (const flight of this.#flights.values()) flight.end()
  }
}
