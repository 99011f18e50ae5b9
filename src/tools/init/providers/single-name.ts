import { oneEndpoint } from '../layouts/one-endpoint.js'
import { bootstrap, type ProviderFamily, type Provider } from '../provider.js'

const aivenRemark =
  'all brokers have this name, each a port of its own, which stays; no port of another route leads here'

const aivenAt = (domain: string, pins: readonly string[]): Provider => ({
  title: 'Aiven for Apache Kafka, connection {connection} of {service}',
  pins: ['connection', 'service', ...pins],
  layout: oneEndpoint,
  remarks: [aivenRemark],
  shapes: [bootstrap(`privatelink-{connection:int}-{service}.${domain}`, 'the bootstrap server and every broker')],
})

export const aiven: ProviderFamily = {
  name: 'Aiven',
  domains: ['*.aivencloud.com'],
  providers: [aivenAt('aivencloud.com', []), aivenAt('{shard:word}.aivencloud.com', ['shard'])],
  nonBrokerNames: [{ mark: 'aivencloud.com', what: 'no name of a private link: those begin with privatelink-' }],
}

/** Azure's public, government and China clouds. */
const serviceBus = ['windows.net', 'usgovcloudapi.net', 'chinacloudapi.cn']

export const eventHubs: ProviderFamily = {
  name: 'Azure Event Hubs',
  domains: serviceBus.map(domain => `*.servicebus.${domain}`),
  providers: serviceBus.map(domain => ({
    title: 'Azure Event Hubs, namespace {namespace}',
    pins: ['namespace'],
    layout: oneEndpoint,
    remarks: ['an Event Hubs namespace lists one broker, of the same name'],
    shapes: [bootstrap(`{namespace}.servicebus.${domain}`, 'the bootstrap server and its one broker')],
  })),
  nonBrokerNames: [
    { mark: '.privatelink.', what: "what the namespace's name is an alias of: clients use the name without it" },
  ],
}
