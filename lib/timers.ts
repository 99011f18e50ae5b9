import type { Milliseconds } from './units.js'

/** Calls back once, after so long; alone, it does not keep the process alive. */
export function startTimer(callback: () => void, afterMs: Milliseconds): NodeJS.Timeout {
  const timer = setTimeout(callback, afterMs)
  timer.unref()
  return timer
}
