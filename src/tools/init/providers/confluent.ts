import { byZone } from '../layouts/by-zone.js'
import { oneEndpoint } from '../layouts/one-endpoint.js'
import { bootstrap, broker, type ProviderFamily, type Provider, type Shape } from '../provider.js'

const lkc = 'lkc-{cluster:word}'
const inRegion = '{region}.{cloud:word}'

/** Brokers by their usual name and by their longer one; `rest` is what follows the broker's id. */
const zonedBrokers = (rest: string, loose: string): readonly Shape[] => [
  { ...broker(`e-{broker:word}${rest}`), loose: `e-{broker}${loose}` },
  { ...broker(`${lkc}-{broker:word}${rest}`, 'a broker, by its longer name'), loose: `${lkc}-{broker}${loose}` },
]

/** A private network with names of its own below a domain of its own. */
const ownDomain = `{net:word}.${inRegion}.confluent.cloud`
const dedicated: Provider = {
  title: 'Confluent Cloud Dedicated, network {net} in {region} ({cloud})',
  pins: ['cluster', 'net', 'region', 'cloud'],
  sharedBy: 'cluster',
  layout: byZone,
  zones: true,
  shapes: [bootstrap(`${lkc}.${ownDomain}`), ...zonedBrokers(`.{zone}.${ownDomain}`, `.{zone}.${ownDomain}`)],
}

/** The same with names in the region's domain, which all customers share: the network's id ends the first label. */
const sharedDomain = `{net:word}.${inRegion}.glb.confluent.cloud`
const dedicatedGlb: Provider = {
  ...dedicated,
  title: 'Confluent Cloud Dedicated (glb names), network {net} in {region} ({cloud})',
  shapes: [bootstrap(`${lkc}-${sharedDomain}`), ...zonedBrokers(`-{zone}-${sharedDomain}`, `-${sharedDomain}`)],
}

const numbered = (pattern: string) => broker(`b{n:int}-${pattern}`, 'a broker, as some clusters call it')

const privateDomain = `${inRegion}.private.confluent.cloud`
const enterprise: Provider = {
  title: 'Confluent Cloud Enterprise, cluster lkc-{cluster} in {region} ({cloud})',
  pins: ['cluster', 'region', 'cloud'],
  layout: oneEndpoint,
  shapes: [
    bootstrap(`${lkc}.${privateDomain}`),
    broker(`${lkc}-{broker:word}.${privateDomain}`),
    numbered(`${lkc}.${privateDomain}`),
  ],
}

const unseenBrokers = 'assumed: how brokers are called behind an access point, which is not documented; try --connect'

/** `point` follows the cluster's id, and in a broker's name the broker's. */
const accessPoint = (point: string): Provider => ({
  title: 'Confluent Cloud, access point ap{point} of cluster lkc-{cluster} in {region} ({cloud})',
  pins: ['cluster', 'point', 'region', 'cloud'],
  layout: oneEndpoint,
  remarks: [unseenBrokers],
  shapes: [bootstrap(`${lkc}${point}`), broker(`${lkc}-{broker}${point}`), numbered(`${lkc}${point}`)],
})

export const confluent: ProviderFamily = {
  name: 'Confluent Cloud',
  domains: ['*.confluent.cloud'],
  providers: [
    dedicated,
    dedicatedGlb,
    enterprise,
    accessPoint(`-ap{point:word}.${inRegion}.accesspoint.glb.confluent.cloud`),
    // What the names of an access point are aliases of.
    accessPoint(`.ap{point:word}.${inRegion}.accesspoint.confluent.cloud`),
  ],
  nonBrokerNames: [
    { mark: 'pkc-', what: 'a public cluster, not behind a private link' },
    { mark: 'lsrc-', what: 'the schema registry, no broker' },
    { mark: 'psrc-', what: 'the schema registry, no broker' },
    { mark: 'flink', what: "Flink's API, no broker" },
    { mark: 'lkaclkc-', what: "the cluster's REST API, no broker" },
  ],
}
