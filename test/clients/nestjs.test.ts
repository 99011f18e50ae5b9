import 'reflect-metadata'
import { Controller, Logger, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  ClientKafka,
  Ctx,
  EventPattern,
  KafkaContext,
  Payload,
  Transport,
  type KafkaOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { client, clientConfig, connected, createTopic } from '../kafka/clients.js'
import type { ClusterView, Protocol } from '../kafka/shape.js'
import { splitDnsFactory } from '../kafka/split-dns-factory.js'
import { kafkaTest } from '../kafka/suite.js'

Logger.overrideLogger(false)

for (const protocol of ['plaintext', 'sasl_ssl'] as const) {
  kafkaTest('ports', `${protocol}: NestJS' Kafka transport takes the factory in its options`, async (t, kafka) => {
    const topic = `nestjs-${protocol}`
    await createTopic(kafka, await connected(t, client(kafka).admin()), topic)
    const socketFactory = splitDnsFactory(kafka)
    const options: Required<KafkaOptions>['options'] = {
      client: { ...configOf(kafka, protocol), socketFactory },
      consumer: { groupId: topic, maxWaitTimeInMs: 200 },
      subscribe: { fromBeginning: true },
    }

    const received: unknown[] = []
    let isDone: () => void
    const done = new Promise<void>(resolve => (isDone = resolve))
    class Orders {
      handle(order: unknown, context: KafkaContext) {
        received.push([order, context.getTopic()])
        if (received.length === 3) isDone()
      }
    }
    decorate(Orders, topic)
    class App {
      readonly name = 'app'
    }
    Module({ controllers: [Orders] })(App)

    const microservice: MicroserviceOptions = { transport: Transport.KAFKA, options }
    const service = await NestFactory.createMicroservice(App, microservice)
    t.teardown(() => service.close())
    const sender = new ClientKafka({ ...options, producerOnlyMode: true })
    t.teardown(() => sender.close())
    await sender.connect()
    for (const id of [1, 2, 3]) await lastValueFrom(sender.emit(topic, { key: 'k', value: { id } }))
    await service.listen()
    await done
    t.same(
      received,
      [1, 2, 3].map(id => [{ id }, topic]),
    )
    t.ok(socketFactory.splitDns.stats().connects.connected > 0)
  })
}

/** NestJS has its own copy of kafkajs' types, whose enum of log levels is another to TypeScript. */
function configOf(kafka: ClusterView, protocol: Protocol) {
  const { brokers, ssl, sasl } = clientConfig(kafka, protocol)
  return {
    brokers,
    connectionTimeout: 10_000,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  }
}

/** As a class with decorators is: TypeScript's own are off here, so they are called. */
function decorate(controller: new () => { handle: unknown }, topic: string): void {
  const { prototype } = controller
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') ?? {}
  Payload()(prototype as object, 'handle', 0)
  Ctx()(prototype as object, 'handle', 1)
  EventPattern(topic)(prototype as object, 'handle', descriptor)
  Controller()(controller)
}
