import { oneOrPerBroker } from '../layouts/endpoint-per-broker.js'
import { oneEndpoint } from '../layouts/one-endpoint.js'
import { bootstrap, broker, type ProviderFamily, type Layout } from '../provider.js'

const oneForAll =
  'assumed: one endpoint serves all brokers, by their names; Google itself makes one for the bootstrap server and one for each broker'

/** Also what a proxy of one's own may be. */
const one: Layout = input => {
  const draft = oneEndpoint(input)
  return { ...draft, remarks: [oneForAll, ...draft.remarks] }
}

const google = '{cluster}.{region}.managedkafka.{project}.cloud.goog'

export const googleManagedKafka: ProviderFamily = {
  name: 'Google Managed Service for Apache Kafka',
  domains: ['*.managedkafka.{project}.cloud.goog'],
  providers: [
    {
      title: 'Google Managed Service for Apache Kafka, cluster {cluster} in {region}, project {project}',
      pins: ['cluster', 'region', 'project'],
      layout: oneOrPerBroker(one),
      order: { bootstrapFirst: true, firstId: 0 },
      shapes: [bootstrap(`bootstrap.${google}`), broker(`broker-{n:int}.${google}`)],
    },
  ],
  nonBrokerNames: [],
}

export const ibmEventStreams: ProviderFamily = {
  name: 'IBM Event Streams',
  domains: ['*.eventstreams.cloud.ibm.com'],
  providers: [
    {
      title: 'IBM Event Streams, instance {id} in {region}',
      pins: ['id', 'cell', 'region'],
      layout: oneEndpoint,
      remarks: ['assumed: one endpoint serves all brokers at the ports that they advertise'],
      shapes: [broker('broker-{n:int}-{id:word}.kafka.svc{cell:int}.{region}.eventstreams.cloud.ibm.com')],
    },
  ],
  nonBrokerNames: [],
}
