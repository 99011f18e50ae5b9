import { performance } from 'node:perf_hooks'
import type { ParseArgsConfig } from 'node:util'
import type { Milliseconds } from '../../../lib/units.js'
import type { Environment } from '../../config/settings.js'
import type { Streams } from './terminal/streams.js'

/** One run of a command. */
export interface Run {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
  readonly env: Environment
  readonly streams: Streams
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** A command of the command line. */
export interface Command {
  readonly name: string
  readonly synopsis: string
  readonly summary: string
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** True where it takes arguments beside flags. */
  readonly allowPositionals?: boolean
  /** Resolves with the exit code. An error's message is printed as one line; the exit code is then 2 for a `UsageError`, else 1. */
  run(run: Run): Promise<number>
}

/** The clock of every command; it never goes back. */
export const now = (): Milliseconds => performance.now()
