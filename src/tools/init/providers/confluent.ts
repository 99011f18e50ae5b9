import { byZone } from '../layouts/by-zone.js'
import { oneEndpoint } from '../layouts/one-endpoint.js'
import type { ProviderFamily, Provider } from '../provider.js'

const bootstrap = 'the bootstrap server'
const broker = 'a broker'

/** A private network with names of its own below a domain of its own. */
const dedicated: Provider = {
  title: 'Confluent Cloud Dedicated, network {net} in {region} ({cloud})',
  pins: ['cluster', 'net', 'region', 'cloud'],
  sharedBy: 'cluster',
  layout: byZone,
  zones: true,
  shapes: [
    {
      role: 'bootstrap',
      pattern: 'lkc-{cluster:word}.{net:word}.{region}.{cloud:word}.confluent.cloud',
      what: bootstrap,
    },
    {
      role: 'broker',
      pattern: 'e-{broker:word}.{zone}.{net:word}.{region}.{cloud:word}.confluent.cloud',
      loose: 'e-{broker}.{zone}.{net:word}.{region}.{cloud:word}.confluent.cloud',
      what: broker,
    },
    {
      role: 'broker',
      pattern: 'lkc-{cluster:word}-{broker:word}.{zone}.{net:word}.{region}.{cloud:word}.confluent.cloud',
      loose: 'lkc-{cluster:word}-{broker}.{zone}.{net:word}.{region}.{cloud:word}.confluent.cloud',
      what: 'a broker, by its longer name',
    },
  ],
}

/** The same with names in the region's domain, which all customers share: the network's id ends the first label. */
const dedicatedGlb: Provider = {
  title: 'Confluent Cloud Dedicated (glb names), network {net} in {region} ({cloud})',
  pins: ['cluster', 'net', 'region', 'cloud'],
  sharedBy: 'cluster',
  layout: byZone,
  zones: true,
  shapes: [
    {
      role: 'bootstrap',
      pattern: 'lkc-{cluster:word}-{net:word}.{region}.{cloud:word}.glb.confluent.cloud',
      what: bootstrap,
    },
    {
      role: 'broker',
      pattern: 'e-{broker:word}-{zone}-{net:word}.{region}.{cloud:word}.glb.confluent.cloud',
      loose: 'e-{broker}-{net:word}.{region}.{cloud:word}.glb.confluent.cloud',
      what: broker,
    },
    {
      role: 'broker',
      pattern: 'lkc-{cluster:word}-{broker:word}-{zone}-{net:word}.{region}.{cloud:word}.glb.confluent.cloud',
      loose: 'lkc-{cluster:word}-{broker}-{net:word}.{region}.{cloud:word}.glb.confluent.cloud',
      what: 'a broker, by its longer name',
    },
  ],
}

const enterprise: Provider = {
  title: 'Confluent Cloud Enterprise, cluster lkc-{cluster} in {region} ({cloud})',
  pins: ['cluster', 'region', 'cloud'],
  layout: oneEndpoint,
  shapes: [
    {
      role: 'bootstrap',
      pattern: 'lkc-{cluster:word}.{region}.{cloud:word}.private.confluent.cloud',
      what: bootstrap,
    },
    {
      role: 'broker',
      pattern: 'lkc-{cluster:word}-{broker:word}.{region}.{cloud:word}.private.confluent.cloud',
      what: broker,
    },
    {
      role: 'broker',
      pattern: 'b{n:int}-lkc-{cluster:word}.{region}.{cloud:word}.private.confluent.cloud',
      what: 'a broker, as some clusters call it',
    },
  ],
}

const unseenBrokers = 'assumed: how brokers are called behind an access point, which is not documented; try --connect'

const accessPoint: Provider = {
  title: 'Confluent Cloud, access point ap{point} of cluster lkc-{cluster} in {region} ({cloud})',
  pins: ['cluster', 'point', 'region', 'cloud'],
  layout: oneEndpoint,
  remarks: [unseenBrokers],
  shapes: [
    {
      role: 'bootstrap',
      pattern: 'lkc-{cluster:word}-ap{point:word}.{region}.{cloud:word}.accesspoint.glb.confluent.cloud',
      what: bootstrap,
    },
    {
      role: 'broker',
      pattern: 'lkc-{cluster:word}-{broker}-ap{point:word}.{region}.{cloud:word}.accesspoint.glb.confluent.cloud',
      what: broker,
    },
    {
      role: 'broker',
      pattern: 'b{n:int}-lkc-{cluster:word}-ap{point:word}.{region}.{cloud:word}.accesspoint.glb.confluent.cloud',
      what: 'a broker, as some clusters call it',
    },
  ],
}

/** What the names of an access point are aliases of. */
const accessPointAlias: Provider = {
  ...accessPoint,
  shapes: [
    {
      role: 'bootstrap',
      pattern: 'lkc-{cluster:word}.ap{point:word}.{region}.{cloud:word}.accesspoint.confluent.cloud',
      what: bootstrap,
    },
    {
      role: 'broker',
      pattern: 'lkc-{cluster:word}-{broker}.ap{point:word}.{region}.{cloud:word}.accesspoint.confluent.cloud',
      what: broker,
    },
    {
      role: 'broker',
      pattern: 'b{n:int}-lkc-{cluster:word}.ap{point:word}.{region}.{cloud:word}.accesspoint.confluent.cloud',
      what: 'a broker, as some clusters call it',
    },
  ],
}

export const confluent: ProviderFamily = {
  name: 'Confluent Cloud',
  domains: ['*.confluent.cloud'],
  providers: [dedicated, dedicatedGlb, enterprise, accessPoint, accessPointAlias],
  nonBrokerNames: [
    { mark: 'pkc-', what: 'a public cluster, not behind a private link' },
    { mark: 'lsrc-', what: 'the schema registry, no broker' },
    { mark: 'psrc-', what: 'the schema registry, no broker' },
    { mark: 'flink', what: "Flink's API, no broker" },
    { mark: 'lkaclkc-', what: "the cluster's REST API, no broker" },
  ],
}
