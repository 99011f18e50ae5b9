import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ServerProgram } from './server-process.js'

type Server = (written: string, upstreamPort: number) => ServerProgram

const policyZone = 'kafka-split-dns.rpz'

const unboundConf = (folder: string, port: number, upstreamPort: number) => `
server:
  use-syslog: no
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  directory: "${folder}"
  num-threads: 1
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  module-config: "respip validator iterator"
  local-zone: "test." nodefault
rpz:
  name: ${policyZone}
  zonefile: "policy.zone"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstreamPort}
remote-control:
  control-enable: no
`

/** unbound with the text as a response policy zone. */
export const policyUnbound = {
  program: '/usr/sbin/unbound',
  server: ((written, upstreamPort) => ({
    program: '/usr/sbin/unbound',
    arguments: folder => ['-d', '-p', '-c', `${folder}/unbound.conf`],
    files: (folder, port) => ({ 'policy.zone': written, 'unbound.conf': unboundConf(folder, port, upstreamPort) }),
  })) satisfies Server,
}

const namedConf = (folder: string, port: number, upstreamPort: number, policy: string, zone: string) => `
options {
  directory "${folder}"; pid-file none; session-keyfile none; lock-file none; managed-keys-directory ".";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  # Many names lead to one target: BIND would drop the questions that are too many for one fetch.
  clients-per-query 0; max-clients-per-query 0;
  recursion yes; dnssec-validation no; empty-zones-enable no; notify no;
  forward only; forwarders { 127.0.0.1 port ${upstreamPort}; };
  ${policy}
};
controls { };
zone "${zone}" { type primary; file "own.zone"; check-names ignore; };
`

const namedProgram = '/usr/sbin/named'
const namedArguments = (folder: string) => ['-g', '-n', '1', '-c', `${folder}/named.conf`]

/** BIND with the text as a response policy zone. */
export const policyNamed = {
  program: namedProgram,
  server: ((written, upstreamPort) => ({
    program: namedProgram,
    answersEarly: true,
    arguments: namedArguments,
    files: (folder, port) => ({
      'own.zone': `${written}started.invalid IN CNAME .\n`,
      'named.conf': namedConf(
        folder,
        port,
        upstreamPort,
        `response-policy { zone "${policyZone}"; } qname-wait-recurse no break-dnssec yes;`,
        policyZone,
      ),
    }),
  })) satisfies Server,
}

/** dnsmasq with the text as its configuration. */
export const dnsmasq = {
  program: '/usr/sbin/dnsmasq',
  server: ((written, upstreamPort) => ({
    program: '/usr/sbin/dnsmasq',
    arguments: folder => ['-C', `${folder}/dnsmasq.conf`],
    files: (folder, port) => ({
      'exported.conf': written,
      'dnsmasq.conf': `
port=${port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
keep-in-foreground
log-facility=-
server=127.0.0.1#${upstreamPort}
conf-file=${folder}/exported.conf
`,
    }),
  })) satisfies Server,
}

interface Batch {
  readonly Changes: readonly {
    readonly ResourceRecordSet: {
      readonly Name: string
      readonly Type: string
      readonly TTL: number
      readonly ResourceRecords: readonly { readonly Value: string }[]
    }
  }[]
}

/** BIND with the batch's records in a zone of its own, which it resolves CNAMEs out of, as a VPC's resolver does. */
export const hostedZone = {
  program: namedProgram,
  server:
    (zone: string): Server =>
    (written, upstreamPort) => ({
      program: namedProgram,
      arguments: namedArguments,
      files: (folder, port) => ({
        'own.zone': masterFile(JSON.parse(written) as Batch),
        'named.conf': namedConf(folder, port, upstreamPort, '', zone),
      }),
    }),
}

function masterFile({ Changes }: Batch): string {
  const records = Changes.flatMap(({ ResourceRecordSet: { Name, Type, TTL, ResourceRecords } }) =>
    ResourceRecords.map(({ Value }) => `${Name} ${TTL} IN ${Type} ${Value}`),
  )
  return ['@ 60 IN SOA localhost. localhost. 1 3600 600 86400 60', '@ 60 IN NS localhost.', ...records, ''].join('\n')
}

// Where build-coredns.sh leaves it.
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
const corednsProgram = join(cache, 'kafka-split-dns', 'coredns-1.15.0')

const corefileArguments = (folder: string) => ['-conf', `${folder}/Corefile`]

/** CoreDNS with the text as its Corefile. */
export const coredns = {
  program: corednsProgram,
  server: ((written, upstreamPort) => ({
    program: corednsProgram,
    isOwn: true,
    arguments: corefileArguments,
    files: (_, port) => ({
      Corefile: written
        .replace('.:53 {', `.:${port} {\n    bind 127.0.0.1`)
        .replaceAll('/etc/resolv.conf', `127.0.0.1:${upstreamPort}`),
    }),
  })) satisfies Server,
}

/** CoreDNS as NodeLocal DNS: the block that was written, and one for all other names. */
export const nodelocalDns = {
  program: corednsProgram,
  server: ((written, upstreamPort) => ({
    program: corednsProgram,
    isOwn: true,
    arguments: corefileArguments,
    files: (_, port) => ({
      Corefile: `${written
        .replace('cluster.local:53 {', `cluster.local:${port} {`)
        .replace('__PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__', '127.0.0.1')
        .replaceAll('__PILLAR__CLUSTER__DNS__', `127.0.0.1:${upstreamPort}`)
        // Their ports are of the node.
        .replace(/^ *(prometheus|health) .*\n/gm, '')}
.:${port} {
    bind 127.0.0.1
    forward . 127.0.0.1:${upstreamPort}
}
`,
    }),
  })) satisfies Server,
}
