import { randomFillSync } from 'node:crypto'

const POOL_IDS = 1024
let pool: Uint16Array | undefined
let used = POOL_IDS

/** An unpredictable message id, 0 to 65535 (RFC 5452 section 9.2). Drawn from a pool: a call of its own costs a microsecond. */
export function randomId(): number {
  pool ??= new Uint16Array(POOL_IDS)
  if (used >= POOL_IDS) {
    randomFillSync(pool)
    used = 0
  }
  const id = pool[used] ?? 0
  // What was given out is not kept, so that no later reader of this memory learns it.
  pool[used++] = 0
  return id
}
