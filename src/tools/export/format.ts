import type { Resolve } from '../../connect/resolve.js'
import type { ReadSettings } from '../../config/settings.js'
import { formatFault, type Fault } from '../../errors.js'
import type { PlacedRule } from '../../map/compile.js'
import type { Table } from '../../map/types.js'

/** The origin of names that were given there. */
export const commandLine = 'the command line'

/** What is written for others. */
export interface ExportRequest {
  /** The rules in force, without faults. */
  readonly rules: readonly PlacedRule[]
  /** The tables that they may read, by their names in lower case. */
  readonly tables: ReadonlyMap<string, Table>
  readonly read: ReadSettings
  /** What the map was read from, as headers tell it. */
  readonly sources: readonly string[]
  /** What a host is resolved to now; for formats that hold addresses. */
  readonly resolve: Resolve
  /** Names that are written beside those of exact rules; for formats that hold names alone. */
  readonly names: readonly { readonly host: string; readonly port: number | undefined }[]
  readonly flags: FormatFlags
}

/** The flags that only some formats take. */
export interface FormatFlags {
  /** Without dots at its ends. */
  readonly clusterDomain: string
  /** Of brokers for whom the map names none. */
  readonly port: number | undefined
  /** Where the first listener of a proxy stands, by address; the others stand at the ports after it. */
  readonly listen: { readonly address: string; readonly port: number }
  /** By which a pod asks for the map. */
  readonly annotation: string
  /** Without dots at its ends; undefined where the format chooses one. */
  readonly hostedZone: string | undefined
}

/** A map in a format's own words. */
export interface Exported {
  readonly text: string
  /** What the format can't express, each with its rule and place. */
  readonly leftOut: readonly Fault[]
  /** What else a person should know; it stops nothing. */
  readonly warnings: readonly string[]
}

/** One way to write the map for others. */
export interface Format {
  readonly name: string
  readonly summary: string
  /** The flags that it takes, of those that only some do. */
  readonly takes?: readonly (keyof FormatFlags)[]
  /** True where it takes names on the command line. */
  readonly allowPositionals?: boolean
  /** True where it is written once for all namespaces: `${NAMESPACE}` is the stand-in, whoever asks. */
  readonly standsForNamespaces?: boolean
  write(request: ExportRequest): Exported | Promise<Exported>
}

/** Says what the text is and what it lacks, in comments. No time and no version: the same map gives the same text. */
export function header(format: string, { sources }: ExportRequest, leftOut: readonly Fault[], mark = '#'): string {
  const from = sources.length === 0 ? 'no map' : sources.join(', ')
  return [
    `Written by kafka-split-dns export --to ${format} from ${from}: change the map, not this file.`,
    ...(leftOut.length === 0 ? [] : ['Not expressed here:']),
    ...leftOut.map(fault => `  ${formatFault(fault)}`),
  ]
    .map(line => `${mark} ${oneLine(line)}\n`)
    .join('')
}

// dnsmasq reads lines of 1,024 bytes and musl's reader of hosts files of 511: what is longer is read as another line.
const longestLine = 480

/** The text for a comment: without what could end its line or turn it round, and cut where it is longer than lines may be. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  const bytes = Buffer.from(line)
  // A character that is cut in two goes as a whole.
  return bytes.length <= longestLine
    ? line
    : `${bytes
        .subarray(0, longestLine)
        .toString()
        .replace(/\ufffd$/, '')}…`
}
