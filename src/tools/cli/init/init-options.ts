import { toError } from '../../../../lib/thrown.js'
import { UsageError } from '../terminal/errors.js'
import { whole } from '../../../config/parsers.js'
import { isSet, textOf, type Run } from '../command.js'
import { connectionOptions } from '../doctor/doctor-options.js'

export const initOptions = {
  brokers: { type: 'string', multiple: true },
  endpoint: { type: 'string', multiple: true },
  zone: { type: 'string', multiple: true },
  'base-port': { type: 'string' },
  out: { type: 'string' },
  force: { type: 'boolean' },
  connect: { type: 'boolean' },
  yes: { type: 'boolean' },
  ...connectionOptions,
} as const

export const initHelp = `kafka-split-dns init --brokers HOST:PORT... --endpoint NAME... [OPTIONS]

Recognises whose Kafka it is by the names of its servers, and prints a map that routes them to your endpoints. What is
missing is asked for at a terminal. Exit code 1: --connect found a broker that the map does not cover.

  --brokers LIST     the bootstrap servers, and any broker that is known: HOST:PORT,...
  --endpoint NAME... where to connect: names or addresses; several are tried in order, or are one for each
                     broker in the order of their ids. ID=NAME is broker ID's, bootstrap=NAME the bootstrap server's
  --zone ID=NAME...  a zone as brokers' names call it, and what AWS calls it (use1-az1=us-east-1a), or the zone's own
                     endpoint, a name with a dot or an address (az1=pe-az1.example)
  --base-port PORT   one load balancer with a listener for each broker: broker n is at PORT + n (9000)
  --out FILE         writes the map there (-: standard output); --force replaces a file that exists
  --connect          bootstraps through the new map, lists which of the cluster's brokers it covers, and offers to write
                     rules for the others
  --yes              with --connect: writes these rules without a question
  --config FILE      a module that exports the service's KafkaConfig: brokers, and with --connect ssl and sasl
  --tls, --ca FILE, --cert FILE, --key FILE, --servername NAME, --sasl MECHANISM, --username NAME, --timeout MS,
  --connection-timeout MS
                     how --connect connects, as for the doctor

Lists are divided by commas, or by blanks up to the next flag; a flag with a list may be repeated.

  kafka-split-dns init --brokers bootstrap.kafka.example:9092,b1.kafka.example:9092 --endpoint vpce.example
  kafka-split-dns init --brokers b1.kafka.example:9092 --endpoint nlb.example --base-port 9000 > map.yaml
  kafka-split-dns init --config dist/kafka-config.js --endpoint vpce.example --connect --yes --out map.yaml`

/** The flags, each read by itself. */
export interface InitOptions {
  readonly brokers: readonly string[]
  readonly endpoints: readonly string[]
  readonly zones: readonly string[]
  readonly basePort: number | undefined
  readonly out: string | undefined
  readonly isForced: boolean
  readonly connects: boolean
  /** Writes rules for brokers that `--connect` finds uncovered, without a question. */
  readonly isAgreed: boolean
}

/** What the flags say. Throws `UsageError`. */
export function readInitOptions(run: Run): InitOptions {
  const out = textOf(run, 'out')
  const connects = isSet(run, 'connect')
  if (!connects) {
    const names = [...Object.keys(connectionOptions), 'yes']
    const idle = names.find(name => name !== 'config' && run.values[name] !== undefined)
    if (idle !== undefined) throw new UsageError(`--${idle} needs --connect`)
  }
  if (out?.trim() === '') throw new UsageError('--out: expected a file, found nothing')
  const isForced = isSet(run, 'force')
  if (isForced && (out === undefined || out === '-')) throw new UsageError('--force needs --out FILE')
  return {
    brokers: listOf(run, 'brokers'),
    endpoints: listOf(run, 'endpoint'),
    zones: listOf(run, 'zone'),
    basePort: readBasePort(textOf(run, 'base-port')),
    out: out === '-' ? undefined : out,
    isForced,
    connects,
    isAgreed: isSet(run, 'yes'),
  }
}

function listOf({ values }: Run, name: 'brokers' | 'endpoint' | 'zone'): readonly string[] {
  const input = values[name]
  if (!Array.isArray(input)) return []
  const items = splitList(input.filter(each => typeof each === 'string').join(' '))
  if (items.length === 0) throw new UsageError(`--${name}: the list is empty`)
  return items
}

/** The items between commas and blanks. */
export const splitList = (text: string): readonly string[] => text.split(/[\s,]+/).filter(item => item !== '')

function readBasePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  try {
    return whole(0, 65534)(text)
  } catch (error) {
    throw new UsageError(`--base-port: ${toError(error).message}`)
  }
}
