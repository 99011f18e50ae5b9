import { performance } from 'node:perf_hooks'
import type { ParseArgsConfig } from 'node:util'
import type { Milliseconds } from '../../../lib/units.js'
import type { Environment } from '../../config/settings.js'
import type { Streams } from './terminal/streams.js'

/** One run of a command. */
export interface Run {
  /** By a flag's name: its text, true for one without a value, or the texts of one that may be repeated. */
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

/** The flag's text; undefined without it. */
export function textOf({ values }: Run, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** True where the flag, which has no value, is given. */
export const isSet = ({ values }: Run, name: string): boolean => values[name] === true

/** The clock of every command; it never goes back. */
export const now = (): Milliseconds => performance.now()
