/** Where one real server listens on 127.0.0.1; each has ports of its own. */
export interface Ports {
  readonly plain: number
  readonly tls: number
  readonly https: number
}

/** What real servers serve: the same zone, as far as each can. */
export const zone = `$TTL 60
@       IN SOA ns1.kafka.test. hostmaster.kafka.test. ( 1 3600 600 86400 7 )
        IN NS  ns1.kafka.test.
ns1     IN A   127.0.0.1
boot    IN A   192.0.2.11
        IN A   192.0.2.12
        IN AAAA 2001:db8::11
v4only  IN A   192.0.2.13
zero  0 IN A   192.0.2.14
*.eu    IN A   192.0.2.20
b0-lkc_1 IN A  192.0.2.21
c1   60 IN CNAME c2
c2    5 IN CNAME boot
out     IN CNAME elsewhere.example.
dangling IN CNAME nothing
txtonly IN TXT "no address here"
${range(90)
  .map(last => `big IN A 198.51.100.${last}`)
  .join('\n')}
`

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

export const named = (directory: string, { plain, tls, https }: Ports) => `
options {
  directory "${directory}"; pid-file none; session-keyfile none; lock-file none; managed-keys-directory ".";
  listen-on port ${plain} { 127.0.0.1; };
  listen-on port ${tls} tls local { 127.0.0.1; };
  listen-on port ${https} tls local http doh { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no; dnssec-validation no; empty-zones-enable no; notify no; minimal-responses no;
  max-udp-size 1232; nocookie-udp-size 1232;
};
tls local { cert-file "cert.pem"; key-file "key.pem"; };
http doh { endpoints { "/dns-query"; }; };
controls { };
logging { channel e { stderr; severity info; }; category default { e; }; };
zone "kafka.test" { type primary; file "kafka.test.zone"; check-names ignore; };
zone "broken.test" { type primary; file "missing.zone"; };
`

/** Forwards what is not in its zone to the first named, so that nothing ever leaves the machine. */
export const unbound = (directory: string, { plain, tls, https }: Ports, forwardTo: number) => `
server:
  verbosity: 1
  use-syslog: no
  logfile: ""
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  directory: "${directory}"
  num-threads: 1
  interface: 127.0.0.1@${plain}
  interface: 127.0.0.1@${tls}
  interface: 127.0.0.1@${https}
  tls-port: ${tls}
  https-port: ${https}
  http-endpoint: "/dns-query"
  tls-service-key: "key.pem"
  tls-service-pem: "cert.pem"
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "iterator"
  edns-buffer-size: 1232
  max-udp-size: 1232
  minimal-responses: no
  local-zone: "test." nodefault
  local-zone: "nx.test." always_nxdomain
  local-zone: "refuse.test." always_refuse
  local-zone: "drop.test." always_deny
auth-zone:
  name: "kafka.test."
  zonefile: "kafka.test.zone"
  for-downstream: yes
  for-upstream: yes
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${forwardTo}
remote-control:
  control-enable: no
`

export const dnsmasq = ({ plain }: Ports) => `
port=${plain}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
keep-in-foreground
log-facility=-
local-ttl=2
edns-packet-max=1232
host-record=boot.kafka.test,192.0.2.11,2001:db8::11,60
host-record=v4only.kafka.test,192.0.2.13,60
cname=c1.kafka.test,boot.kafka.test,5
address=/nx.test/
address=/eu.kafka.test/192.0.2.20
${range(90)
  .map(last => `host-record=big.kafka.test,198.51.100.${last}`)
  .join('\n')}
`

/** In front of the first named. */
export const dnsdist = (_directory: string, { plain, tls, https }: Ports, forwardTo: number) => `
setLocal("127.0.0.1:${plain}", {doTCP=true})
addTLSLocal("127.0.0.1:${tls}", "cert.pem", "key.pem")
addDOHLocal("127.0.0.1:${https}", "cert.pem", "key.pem", {"/dns-query"})
setACL({"127.0.0.0/8"})
setSecurityPollSuffix("")
newServer({address="127.0.0.1:${forwardTo}", healthCheckMode="up"})
addAction(makeRule("drop.test."), DropAction())
addAction(makeRule("boot.tc.kafka.test."), TCAction())
addAction(makeRule("servfail.test."), RCodeAction(DNSRCode.SERVFAIL))
addAction(makeRule("formerr.test."), RCodeAction(DNSRCode.FORMERR))
addAction(makeRule("notimp.test."), RCodeAction(DNSRCode.NOTIMP))
addAction(makeRule("nx.test."), NegativeAndSOAAction(true, "nx.test.", 9, "ns.nx.test.", "h.nx.test.", 1, 2, 3, 4, 5))
addAction(NotRule(makeRule("kafka.test.")), RCodeAction(DNSRCode.REFUSED))
`
