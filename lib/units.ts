/** A length or point of time in milliseconds, on the monotonic clock that was handed in as `now`. */
export type Milliseconds = number

/** A length of time in whole seconds, as TTLs stand on the wire. */
export type Seconds = number
