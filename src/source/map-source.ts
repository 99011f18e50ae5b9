import { ConfigError, type Fault } from '../errors.js'
import type { MapSource } from '../map/compile.js'
import type { CompiledMap } from '../map/types.js'

/** A map and its warnings. */
export interface Compiled {
  readonly map: CompiledMap
  readonly warnings: readonly Fault[]
}

/**
 * Makes one map of all sources, nearest first. Throws `ConfigError` with every fault. `isComplete` is false where a source
 * has not been read yet: what it may bring is no fault then, and the map is not used.
 */
export type CompileMap = (sources: readonly MapSource[], isComplete: boolean) => Compiled

/** An error that says what is wrong with one source as a whole. It has no cause: that could hold what must not be shown. */
export const sourceError = (origin: string, message: string): ConfigError => new ConfigError([{ message, origin }])

/**
 * The bytes as text, without a byte order mark. Throws `ConfigError`, which holds none of the bytes: not UTF-8, a NUL
 * byte, or nothing but white space. An empty map is written `rules: []`: an interrupted writer leaves an empty file.
 */
export function decodeMapText(bytes: Uint8Array, origin: string): string {
  const text = decode(bytes)
  if (text === undefined) throw sourceError(origin, 'is not text in UTF-8')
  if (text.includes('\0')) throw sourceError(origin, 'holds a NUL character, expected text in UTF-8')
  if (text.trim() !== '') return text
  throw sourceError(origin, 'is empty, expected a map (one without rules is written rules: [])')
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
