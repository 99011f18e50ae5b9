import type { Milliseconds } from './units.js'

/**
 * Calls back once, after so long; alone, it does not keep the process alive. What has come in from the network by then
 * is heard first: after a stall of the event loop, timers are due before the answers that wait in the sockets are read.
 * So a call may still come just after `clearTimeout`.
 */
export function startTimer(callback: () => void, afterMs: Milliseconds): NodeJS.Timeout {
  const timer = setTimeout(() => setImmediate(callback), afterMs)
  timer.unref()
  return timer
}
