import type { Milliseconds } from '../units.js'

/** What a server allows its clients. Each has a default that a pod's clients never reach. */
export interface ServerLimits {
  /** Questions that wait for an answer, over UDP and TCP together. One more is answered with SERVFAIL. */
  readonly questions: number
  /** TCP connections. One more is closed at once. */
  readonly connections: number
  /** Questions of one TCP connection that wait for an answer. Until one is answered no more is read. */
  readonly questionsPerConnection: number
  /** How long a TCP connection may take to send a whole question, and how long it may stay without one. */
  readonly idleMs: Milliseconds
}

export const defaultLimits: ServerLimits = {
  questions: 4096,
  connections: 128,
  questionsPerConnection: 64,
  idleMs: 10_000,
}
