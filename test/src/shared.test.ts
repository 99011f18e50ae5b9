import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createSocketFactory, type SplitDnsSocketFactory } from '../../src/shared.js'
import { moduleFile, projectFolder } from '../project.js'

/** The error with which a connect of the factory fails. */
const failure = (factory: SplitDnsSocketFactory) =>
  new Promise<Error>(resolve =>
    factory({ host: 'b1.kafka.test', port: 9092, onConnect: () => undefined }).on('error', resolve),
  )

const options = { nameservers: 'system', map: '*.kafka.test=127.0.0.1' }

t.test('without options all callers share one factory', async t => {
  const factory = createSocketFactory()
  t.equal(createSocketFactory(), factory)
  t.equal(createSocketFactory(undefined), factory)
  await factory.splitDns.close()
})

t.test('it reads the environment at its first connect, not at its call', async t => {
  const variable = 'KAFKA_SPLIT_DNS_MAP'
  t.teardown(() => Reflect.deleteProperty(process.env, variable))
  const factory = createSocketFactory()
  process.env[variable] = '*.kafka.test=refuse' // as dotenv does, after the imports
  t.match(await failure(factory), { code: 'ERR_SPLIT_DNS_REFUSED' })
  process.env[variable] = '*.other.test=refuse'
  t.match(factory.splitDns.route('b1.kafka.test', 9092), { action: 'refuse' }, 'and never again')
  await factory.splitDns.close()
})

t.test('splitDns reads it too, and a fault is thrown there and tried again', async t => {
  const variable = 'KAFKA_SPLIT_DNS_FAMILY'
  t.teardown(() => Reflect.deleteProperty(process.env, variable))
  const factory = createSocketFactory()
  process.env[variable] = 'six'
  t.throws(() => factory.splitDns, { code: 'ERR_SPLIT_DNS_CONFIG' })
  t.equal(createSocketFactory(), factory)
  process.env[variable] = '4'
  t.equal(factory.splitDns, factory.splitDns)
  await factory.splitDns.close()
})

t.test('a fault fails each connect on a later tick and is logged once', async t => {
  const variable = 'KAFKA_SPLIT_DNS_TIMEOUT_MS'
  t.teardown(() => Reflect.deleteProperty(process.env, variable))
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  process.env[variable] = 'soon'
  const factory = createSocketFactory()
  for (let attempt = 0; attempt < 3; attempt++) {
    t.match(await failure(factory), { code: 'ERR_SPLIT_DNS_CONFIG', message: /^KAFKA_SPLIT_DNS_TIMEOUT_MS: expected/ })
  }
  await new Promise(setImmediate)
  t.match(warnings, [{ code: 'KAFKA_SPLIT_DNS', message: /^KAFKA_SPLIT_DNS_TIMEOUT_MS: expected/ }])
  Reflect.deleteProperty(process.env, variable)
  await factory.splitDns.close()
})

t.test('copies of one major version share it', async t => {
  const { version } = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8')) as { version: string }
  const factory = createSocketFactory()
  const key = Symbol.for(`kafka-split-dns.shared-factory.${version.split('.')[0] ?? ''}`)
  t.match(Reflect.get(globalThis, key), { factory })
  await factory.splitDns.close()
})

t.test('once it is closed the next call makes a new one', async t => {
  const factory = createSocketFactory()
  await factory.splitDns.close()
  const next = createSocketFactory()
  t.not(next, factory)
  t.notOk(next.splitDns.isClosed)
  await next.splitDns.close()
})

t.test('with options each call makes its own', async t => {
  const factories = [createSocketFactory(options), createSocketFactory(options)]
  t.not(factories[0], factories[1])
  await Promise.all(factories.map(({ splitDns }) => splitDns.close()))
})

t.test('another copy of the package shares it too', async t => {
  const copy = `${pathToFileURL(moduleFile('src/shared')).href}?copy`
  const { createSocketFactory: createOther } = (await import(copy)) as typeof import('../../src/shared.js')
  t.not(createOther, createSocketFactory)
  const factory = createSocketFactory()
  t.equal(createOther(), factory)
  await factory.splitDns.close()
})

t.test('the factory is one for its SplitDns', async t => {
  const factory = createSocketFactory(options)
  t.match(factory.splitDns.route('b1.kafka.test', 9092), { action: 'map' })
  await factory.splitDns.close()
})
