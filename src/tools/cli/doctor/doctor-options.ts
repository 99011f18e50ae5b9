import { UsageError } from '../terminal/errors.js'
import type { KafkaConfig } from 'kafkajs'
import { readFile } from 'node:fs/promises'
import { codeOf } from '../../../../lib/thrown.js'
import type { Milliseconds } from '../../../../lib/units.js'
import type { Connection } from '../../doctor/connection.js'
import { isSet, textOf, type Run } from '../command.js'
import { parseHostAndPort } from '../endpoint-text.js'
import { readHidden } from '../terminal/hidden-prompt.js'
import { loadConfig } from './kafka-config.js'
import { mapOptions } from '../map/map-options.js'

/** How a command reaches brokers, whichever they are. */
export const connectionOptions = {
  config: { type: 'string' },
  tls: { type: 'boolean' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  servername: { type: 'string' },
  sasl: { type: 'string' },
  username: { type: 'string' },
  timeout: { type: 'string' },
  'connection-timeout': { type: 'string' },
} as const

export const doctorOptions = {
  ...mapOptions,
  brokers: { type: 'string' },
  ...connectionOptions,
  json: { type: 'boolean' },
  html: { type: 'string' },
  wide: { type: 'boolean' },
} as const

export interface DoctorSettings {
  readonly connection: Connection
  /** What `--config` exports; empty without it. */
  readonly config: Partial<KafkaConfig>
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
}

/** kafkajs' own. */
const defaultConnectionTimeoutMs: Milliseconds = 1000
const defaultPatienceMs: Milliseconds = 5000

/** What the flags, the configuration file and the environment say. Throws `UsageError`; asks for a password where one is missing. */
export async function readDoctorSettings(run: Run): Promise<DoctorSettings> {
  const config = await readConfig(run)
  const bootstrap = parseBrokers(await listBrokers(run, config))
  return { config, bootstrap, connection: await readConnection(run, config) }
}

/** What `--config` names; empty without it. Throws `UsageError`. */
export async function readConfig(run: Run): Promise<Partial<KafkaConfig>> {
  const file = textOf(run, 'config')
  return file === undefined ? {} : loadConfig(file)
}

/** How brokers are reached. Throws `UsageError`; asks for a password where one is missing. */
export async function readConnection(run: Run, config: Partial<KafkaConfig>): Promise<Connection> {
  const patienceMs = readMs(run, 'timeout') ?? defaultPatienceMs
  const connectionTimeoutMs =
    readMs(run, 'connection-timeout') ?? config.connectionTimeout ?? defaultConnectionTimeoutMs
  const ssl = await readSsl(run, config.ssl)
  const { sasl, secrets } = await readSasl(run, config.sasl)
  const clientId = config.clientId ?? 'kafka-split-dns-doctor'
  return { ssl, sasl, clientId, patienceMs, connectionTimeoutMs, secrets }
}

function readMs(run: Run, name: 'timeout' | 'connection-timeout'): Milliseconds | undefined {
  const text = textOf(run, name)
  if (text === undefined) return undefined
  const time = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (time < 1) throw new UsageError(`--${name}: expected milliseconds from 1 to 999999, found '${text}'`)
  return time
}

async function listBrokers(run: Run, config: Partial<KafkaConfig>): Promise<readonly string[]> {
  const flag = textOf(run, 'brokers')
  if (flag !== undefined || run.positionals.length > 0) {
    return [...(flag === undefined ? [] : [flag]), ...run.positionals].flatMap(list => list.split(','))
  }
  const brokers = await brokersOf(config)
  if (brokers === undefined) throw new UsageError('expected HOST:PORT... or --config FILE')
  return brokers
}

/** The configuration's own bootstrap servers, where it has any. */
export async function brokersOf({ brokers }: Partial<KafkaConfig>): Promise<readonly string[] | undefined> {
  return typeof brokers === 'function' ? brokers() : brokers
}

function parseBrokers(texts: readonly string[]): DoctorSettings['bootstrap'] {
  const listed = texts.map(text => text.trim()).filter(text => text !== '')
  if (listed.length === 0) throw new UsageError('the list of brokers is empty: expected HOST:PORT,...')
  const seen = new Map<string, { host: string; port: number }>()
  for (const text of listed) {
    const { host, port } = parseHostAndPort(text)
    if (port === undefined) throw new UsageError(`'${text}' has no port: expected HOST:PORT`)
    if (host.includes(':')) throw new UsageError(`'${text}' is an IPv6 address, which kafkajs can't bootstrap at`)
    seen.set(`${host}:${port}`, { host, port })
  }
  return [...seen.values()]
}

const fileFlags = ['ca', 'cert', 'key'] as const

async function readSsl(run: Run, configured: KafkaConfig['ssl']): Promise<KafkaConfig['ssl']> {
  const files = fileFlags.filter(name => textOf(run, name) !== undefined)
  const servername = textOf(run, 'servername')
  const isAsked = isSet(run, 'tls') || files.length > 0 || servername !== undefined
  if (!isAsked) return configured === false ? undefined : configured
  if (files.includes('cert') !== files.includes('key')) throw new UsageError('--cert and --key go together')
  const pems = await Promise.all(files.map(async name => [name, await readPem(name, textOf(run, name) ?? '')] as const))
  return {
    ...(typeof configured === 'object' ? configured : {}),
    ...Object.fromEntries(pems),
    ...(servername === undefined ? {} : { servername }),
  }
}

async function readPem(name: string, path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--${name}: can't read ${path}: ${codeOf(error) ?? 'unknown error'}`)
  })
  if (!text.includes('-----BEGIN')) throw new UsageError(`--${name}: ${path} is no PEM file`)
  return text
}

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

async function readSasl(run: Run, configured: KafkaConfig['sasl']): Promise<Pick<Connection, 'sasl' | 'secrets'>> {
  const asked = textOf(run, 'sasl')?.toLowerCase()
  const username = textOf(run, 'username')
  if (asked === undefined) {
    if (username !== undefined) throw new UsageError('--username needs --sasl')
    return { sasl: configured, secrets: secretsOf(configured) }
  }
  const mechanism = mechanisms.find(known => known === asked)
  if (mechanism === undefined) throw new UsageError(`--sasl: expected ${mechanisms.join(', ')}, found '${asked}'`)
  if (username === undefined || username === '') throw new UsageError('--sasl needs --username')
  const password = await readPassword(run, username)
  return { sasl: credentials(mechanism, { username, password }), secrets: [password] }
}

// One literal each: kafkajs types every mechanism on its own.
function credentials(mechanism: (typeof mechanisms)[number], user: { username: string; password: string }) {
  if (mechanism === 'plain') return { mechanism, ...user }
  return mechanism === 'scram-sha-256' ? { mechanism, ...user } : { mechanism, ...user }
}

const passwordVariable = 'KAFKA_SPLIT_DNS_SASL_PASSWORD'

async function readPassword({ env, streams, signal }: Run, username: string): Promise<string> {
  const known = env[passwordVariable] ?? ''
  if (known !== '') return known
  if (streams.stdin.isTTY !== true) throw new UsageError(`--sasl needs the password in ${passwordVariable}`)
  const typed = await readHidden(streams, `Password of ${username}: `, signal)
  if (typed === '') throw new UsageError('no password was typed')
  return typed
}

function secretsOf(sasl: KafkaConfig['sasl']): readonly string[] {
  if (sasl === undefined) return []
  return Object.entries(sasl)
    .filter(([name]) => /password|secret|key|token/i.test(name))
    .map(([, value]: [string, unknown]) => value)
    .filter((value): value is string => typeof value === 'string' && value !== '')
}
