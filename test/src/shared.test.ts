import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createSocketFactory } from '../../src/shared.js'
import { moduleFile } from '../project.js'

const options = { nameservers: 'system', map: '*.kafka.test=127.0.0.1' }

t.test('without options all callers share one factory', async t => {
  const factory = createSocketFactory()
  t.equal(createSocketFactory(), factory)
  t.equal(createSocketFactory(undefined), factory)
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
