import type { Layout } from '../provider.js'
import { orderRemarks, patternsOf, plainEndpoints, refuseBasePort, refuseZones, targetList } from './parts.js'

/** One endpoint for all, at the port that is advertised. Several are tried in order. */
export const oneEndpoint: Layout = input => {
  refuseZones(input)
  refuseBasePort(input, 'the endpoint serves the ports that the brokers advertise')
  const endpoints = plainEndpoints(input)
  const rules = [{ match: patternsOf(input), to: targetList(endpoints) }]
  return { tables: [], rules, remarks: orderRemarks(endpoints) }
}
