import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { KafkaConfig } from 'kafkajs'
import { toError } from '../../../../lib/thrown.js'
import { property } from '../../property.js'
import { UsageError } from '../terminal/errors.js'

/**
 * The KafkaConfig that a module exports: its default export, `config` or `kafkaConfig`, or what a function of these
 * gives. Throws `UsageError`.
 */
export async function loadConfig(file: string): Promise<Partial<KafkaConfig>> {
  const module = await importFile(file)
  const found = [module, property(module, 'default'), property(property(module, 'default'), 'default')]
    .flatMap(place => [property(place, 'config'), property(place, 'kafkaConfig'), place])
    .map(candidate => (typeof candidate === 'function' ? (candidate as () => unknown) : () => candidate))
  for (const candidate of found) {
    const value: unknown = await candidate()
    if (isConfig(value)) return value
  }
  throw new UsageError(`--config: ${file} exports no KafkaConfig: expected an object with brokers, ssl or sasl`)
}

async function importFile(file: string): Promise<unknown> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as unknown
  } catch (error) {
    const [message = ''] = toError(error).message.split('\n')
    throw new UsageError(`--config: can't load ${file}: ${message}${loaderHint(file)}`)
  }
}

/** Node alone takes no TypeScript before 22.18, and no more than types that can be stripped from then on. */
const loaderHint = (file: string) =>
  /\.[cm]?tsx?$/.test(file) && existsSync(file)
    ? '; TypeScript needs a loader: NODE_OPTIONS="--import tsx" (npm install -D tsx), or pass the compiled .js'
    : ''

const keys = ['brokers', 'ssl', 'sasl']

const isConfig = (value: unknown): value is Partial<KafkaConfig> =>
  typeof value === 'object' && value !== null && keys.some(key => key in value)
