import { ConfigError, type Fault } from '../errors.js'
import type { Settings } from '../config/option-table.js'
import type { SplitDnsMap } from '../map/types.js'
import type { CompiledMap } from '../map/types.js'

/** Where a part of the map comes from, nearest first: the nearer one wins where two say different things. */
export type SourceKind = 'inline' | 'file' | 'url'

/** One source's part of the map, as the map's compiler takes it: `text` or `map`, never both. */
export interface MapSource {
  readonly kind: SourceKind
  /** The variable or option, the path as configured, or the URL without its credentials. */
  readonly origin: string
  readonly text?: string
  /** How `text` is written; left out where the compiler is to see for itself. */
  readonly format?: 'yaml' | 'inline'
  readonly map?: SplitDnsMap
}

/** Makes one map of all sources, nearest first. Throws `ConfigError` with every fault; synchronous, without I/O on maps. */
export type CompileMap = (
  sources: readonly MapSource[],
  settings: Settings,
) => { readonly map: CompiledMap; readonly warnings: readonly Fault[] }

/** An error that says what is wrong with one source as a whole. `cause` never holds a URL's credentials. */
export function sourceError(origin: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ message, origin }], cause === undefined ? {} : { cause })
}

/** The code that Node gives to errors of system calls (`ENOENT`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
