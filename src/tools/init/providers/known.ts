import type { Family } from '../provider.js'
import { amazonMsk } from './amazon-msk.js'
import { googleManagedKafka, ibmEventStreams } from './broker-names.js'
import { confluent } from './confluent.js'
import { redpanda } from './redpanda.js'
import { aiven, eventHubs } from './single-name.js'

/** Whose names are recognised. */
export const families: readonly Family[] = [
  confluent,
  amazonMsk,
  redpanda,
  aiven,
  googleManagedKafka,
  eventHubs,
  ibmEventStreams,
]
