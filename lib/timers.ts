import timers from 'node:timers'
import type { Milliseconds } from './units.js'

// All are taken once: fake timers that a user's test installs later must not stop a look-up.
const { setImmediate, setInterval } = timers

/** `process.nextTick`. */
export const onNextTick: typeof process.nextTick = process.nextTick.bind(process)

/** What look-ups take their time from. Only tests of this package put others here. */
export const timeSource: { setTimeout: typeof setTimeout; clearTimeout: (timer?: NodeJS.Timeout) => void } = {
  setTimeout: timers.setTimeout,
  clearTimeout: timers.clearTimeout,
}

/**
 * Calls back once, after so long; alone, it does not keep the process alive. What has come in from the network by then
 * is heard first: after a stall of the event loop, timers are due before the answers that wait in the sockets are read.
 * So a call may still come just after `stopTimer`.
 */
export function startTimer(callback: () => void, afterMs: Milliseconds): NodeJS.Timeout {
  const timer = timeSource.setTimeout(() => setImmediate(callback), afterMs)
  timer.unref()
  return timer
}

export function stopTimer(timer: NodeJS.Timeout | undefined): void {
  timeSource.clearTimeout(timer)
}

// The longest that Node's timers take: the timer is there for the event loop to count, not to fire.
const longestMs: Milliseconds = 2 ** 31 - 1
const graceMs: Milliseconds = 50
const onIdle = new Set<() => void>()
let waiting = 0
let handle: NodeJS.Timeout | undefined

/**
 * The process stays alive until what this returns is called; only the first call counts. Sockets and timers of this
 * client do not hold the process: a late answer that nobody waits for, or an idle connection, would do so too.
 */
export function holdProcess(): () => void {
  // One for good: making it costs more than all the rest here. Without a reference it counts for nothing.
  handle ??= setInterval(() => undefined, longestMs)
  if (++waiting === 1) handle.ref()
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    if (--waiting > 0) return
    handle?.unref()
    if (onIdle.size > 0) startTimer(callIdle, graceMs)
  }
}

/** The same outcome, and the process stays alive until it is there. */
export async function keepAlive<T>(outcome: Promise<T>): Promise<T> {
  const release = holdProcess()
  try {
    return await outcome
  } finally {
    release()
  }
}

/**
 * Calls back once nothing has held the process for a moment, unless what it returns is called before. For
 * what holds the process whether one wants it or not: a connection in the making. Where nothing is waited for when this
 * is called, nobody calls back: such work was begun for its own sake.
 */
export function whenNobodyWaits(callback: () => void): () => void {
  if (waiting > 0) onIdle.add(callback)
  return () => onIdle.delete(callback)
}

function callIdle(): void {
  if (waiting > 0) return
  for (const callback of onIdle) {
    onIdle.delete(callback)
    callback()
  }
}
