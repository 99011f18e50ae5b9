import type { Variable } from '../setting-variables.js'
import { clusterPolicy, matches, mount, namespace, variablesFor, volume } from './kyverno-policy.js'

export interface SidecarPolicyOptions {
  readonly annotation: string
  readonly settings: readonly Variable[]
  readonly image: string
  /** The cluster's nameserver: it answers where the sidecar is down. */
  readonly clusterDns: string
  readonly clusterDomain: string
  /** A port at which clients connect to brokers, besides those of the map; undefined for serve's own default. */
  readonly port: number | undefined
}

/** A ClusterPolicy that gives pods with the annotation `serve` as a native sidecar, and touches no other pod. */
export function kyvernoSidecarPolicy(options: SidecarPolicyOptions): object {
  const { annotation, clusterDns, clusterDomain } = options
  const spec = {
    // With ClusterFirst the cluster's nameserver would be the first.
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['127.0.0.1', clusterDns], searches: searches(clusterDomain), options: resolverOptions },
    securityContext: { sysctls },
    // A new element of a list comes first, so that other init containers find the sidecar, too.
    initContainers: [sidecar(options)],
    volumes: [volume(annotation)],
  }
  const rule = {
    name: 'inject-sidecar',
    match: matches(annotation, '?*'),
    preconditions: onPodNetwork,
    mutate: { patchStrategicMerge: { spec } },
  }
  return clusterPolicy('kafka-split-dns-sidecar', [rule])
}

// In the node's network, loopback is the node's.
const onPodNetwork = {
  all: [{ key: '{{ request.object.spec.hostNetwork || `false` }}', operator: 'Equals', value: false }],
}

// A list is replaced as a whole, so the pod's own elements are written beside.
const own = (path: string) => `(request.object.spec.${path} || \`[]\`)`
const json = (value: unknown) => `\`${JSON.stringify(value)}\``

/** What Kubernetes itself gives a pod without `dnsPolicy`. */
function searches(clusterDomain: string): string {
  const services = `svc.${clusterDomain}`
  const ofNamespace = `join('.', [request.namespace, '${services}'])`
  return `{{ [${ofNamespace}, '${services}', '${clusterDomain}', ${own('dnsConfig.searches')}][] }}`
}

// Of two options of one name the later counts, so that the pod's own wins.
const resolverOptions = `{{ [${json([{ name: 'ndots', value: '5' }])}, ${own('dnsConfig.options')}][] }}`

const portStart = 'net.ipv4.ip_unprivileged_port_start'
const ownSysctls = own('securityContext.sysctls')
const ownPortStart = `${ownSysctls}[?name == '${portStart}']`
/** Lets the sidecar listen at port 53 without root and without a capability. */
const sysctls = `{{ ${ownPortStart} && ${ownSysctls} || [${ownSysctls}, ${json([{ name: portStart, value: '53' }])}][] }}`

function sidecar({ image, settings, port }: SidecarPolicyOptions): object {
  const command = ['kafka-split-dns', 'serve']
  const probe = { exec: { command: [...command, '--check'] }, timeoutSeconds: 5 }
  return {
    name: 'kafka-split-dns',
    image,
    restartPolicy: 'Always',
    command,
    ...(port === undefined ? {} : { args: ['--ports', String(port)] }),
    env: [...variablesFor(settings), namespace],
    volumeMounts: [mount],
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 30 },
    // As the Pod Security Standard `restricted` asks.
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    // A probe is a second process for a moment, as large as the first.
    resources: { requests: { cpu: '10m', memory: '128Mi' } },
  }
}
