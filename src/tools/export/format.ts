import { isIP } from 'node:net'
import type { Resolve } from '../../connect/resolve.js'
import type { ReadSettings } from '../../config/settings.js'
import { formatFault, type Fault } from '../../errors.js'
import type { PlacedRule } from '../../map/compile.js'
import { describeRule } from '../../map/match/rule.js'
import type { RuleTable } from '../../map/match/rule-table.js'
import type { RuleName, Table } from '../../map/types.js'

/** The origin of faults in names that were given on the command line. */
export const commandLine = 'the command line'

/** The input of a format. */
export interface ExportRequest {
  /** The rules in force; they have no faults. */
  readonly rules: readonly PlacedRule[]
  /** The same rules, to decide by. */
  readonly table: RuleTable
  /** The tables that the rules may read, by name in lower case. */
  readonly tables: ReadonlyMap<string, Table>
  readonly read: ReadSettings
  /** The origins of the map, for headers. */
  readonly sources: readonly string[]
  /** Resolves a host as the library does; for formats that hold addresses. */
  readonly resolve: Resolve
  /** Names to write beside those of exact rules; for formats that hold names only. */
  readonly names: readonly { readonly host: string; readonly port: number | undefined }[]
  readonly flags: FormatFlags
}

/** The flags that only some formats take. */
export interface FormatFlags {
  /** Without dots at its ends. */
  readonly clusterDomain: string
  /** The port of brokers for which the map names none. */
  readonly port: number | undefined
  /** The proxy's first listener; each further one takes the next port. */
  readonly listen: { readonly address: string; readonly port: number }
  /** The annotation that asks for the map; undefined where the format chooses. */
  readonly annotation: string | undefined
  /** The address of the cluster's nameserver; empty for formats that don't take it. */
  readonly clusterDns: string
  /** The image that has this package; undefined where the format chooses. */
  readonly image: string | undefined
  /** Without dots at its ends; undefined where the format chooses. */
  readonly hostedZone: string | undefined
}

/** A map, written in a format. */
export interface Exported {
  readonly text: string
  /** What the format can't express, each with its rule and its place. */
  readonly omissions: readonly Fault[]
  /** For people, one line each. */
  readonly warnings: readonly string[]
}

/** A way to write the map for other software. */
export interface Format {
  readonly name: string
  readonly summary: string
  /** The format's own flags. */
  readonly takes?: readonly (keyof FormatFlags)[]
  /** What `--sidecar` writes instead. */
  readonly sidecar?: Format
  /** True where it takes host names on the command line. */
  readonly allowPositionals?: boolean
  /** True where one text serves all namespaces: `${NAMESPACE}` is read as a placeholder. */
  readonly usesNamespacePlaceholder?: boolean
  write(request: ExportRequest): Exported | Promise<Exported>
}

/**
 * Comments that say what the text is and what it lacks, and those of the format. No time and no version: the same map
 * gives the same text.
 */
export function header(
  format: string,
  { sources }: ExportRequest,
  omissions: readonly Fault[],
  about: readonly string[] = [],
  mark = '#',
): readonly string[] {
  const from = sources.length === 0 ? 'no map' : sources.join(', ')
  return [
    `Written by kafka-split-dns export --to ${format} from ${from}: change the map, not this file.`,
    ...(omissions.length === 0 ? [] : ['Not expressed here:']),
    ...omissions.map(fault => `  ${formatFault(fault)}`),
    ...about,
  ].map(line => `${mark} ${oneLine(line)}`)
}

/** The lines of each rule below a comment with the rule; one comment for the same rule in a row. */
export function byRule(
  parts: readonly { readonly rule: RuleName; readonly lines: readonly string[] }[],
  mark = '#',
): readonly string[] {
  let previous = ''
  return parts.flatMap(({ rule, lines }) => {
    const comment = ruleComment(rule, mark)
    const heading = comment === previous ? [] : ['', comment]
    previous = comment
    return [...heading, ...lines]
  })
}

export const ruleComment = (rule: RuleName, mark = '#'): string => `${mark} ${oneLine(describeRule(rule))}`

export const textOf = (lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')

/** The addresses by the type of their record: what is not IPv6 is IPv4, with captures or not. */
export function byRecordType(addresses: readonly string[]) {
  return (['A', 'AAAA'] as const).flatMap(type => {
    const own = addresses.filter(address => (isIP(address) === 6) === (type === 'AAAA'))
    return own.length === 0 ? [] : [{ type, addresses: own }]
  })
}

// dnsmasq reads at most 1,024 bytes of a line, musl's hosts reader 511; they read the rest as another line.
const longestLine = 480

/** The text as one comment line: no line ends, no control or bidirectional characters, and no longer than a line may be. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  const bytes = Buffer.from(line)
  // A character that the cut would split is dropped.
  return bytes.length <= longestLine
    ? line
    : `${bytes
        .subarray(0, longestLine)
        .toString()
        .replace(/\ufffd$/, '')}…`
}
