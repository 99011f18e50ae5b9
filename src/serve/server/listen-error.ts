import { hostPort } from '../../../lib/address/host-port.js'
import { codeOf, toError } from '../../../lib/thrown.js'

/** Why the system does not let this process listen there, and what to do about it. */
export function describeListenError(error: unknown, address: string, port: number): string {
  const where = hostPort(address, port)
  switch (codeOf(error)) {
    case 'EACCES':
      return `no right to listen on ${where}: set the sysctl net.ipv4.ip_unprivileged_port_start to ${port} (in Kubernetes the pod's securityContext.sysctls), add the capability NET_BIND_SERVICE, or choose another port`
    case 'EADDRINUSE':
      return `${where} is in use: another process listens there, or at this port of all addresses`
    default:
      return `can't listen on ${where}: ${toError(error).message}`
  }
}
