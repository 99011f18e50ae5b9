import type { TestMap } from './test-map.js'

/** Maps with what wildcards of DNS are known to trip over, and the names that tell. */
export const tableMaps: readonly (TestMap & { readonly is: string; readonly names: readonly string[] })[] = [
  {
    is: 'an exact name does not keep a wildcard from what lies below it',
    rules: [
      { match: '*.kafka.test', to: 'both.target.test' },
      { match: 'b-1.kafka.test', to: 'four.target.test' },
    ],
    names: [
      'kafka.test',
      'a.kafka.test',
      'b-1.kafka.test',
      'x.b-1.kafka.test',
      'y.x.b-1.kafka.test',
      'ab-1.kafka.test',
    ],
  },
  {
    is: 'a name that only others lie below does not keep a wildcard away',
    rules: [
      { match: '*.kafka.test', to: 'both.target.test' },
      { match: 'a.b.c.kafka.test', to: 'six.target.test' },
    ],
    names: [
      'c.kafka.test',
      'b.c.kafka.test',
      'a.b.c.kafka.test',
      'x.b.c.kafka.test',
      'x.c.kafka.test',
      'x.a.b.c.kafka.test',
    ],
  },
  {
    is: 'a wildcard is for none of its own zone',
    rules: [
      { match: '*.kafka.test', to: '192.0.2.77' },
      { match: '*.dev.kafka.test', to: '2001:db8::77' },
    ],
    names: ['kafka.test', 'dev.kafka.test', 'a.dev.kafka.test', 'x.a.dev.kafka.test', 'xdev.kafka.test'],
  },
  {
    is: 'what is left alone or refused is so at its place alone',
    rules: [
      { match: '*.kafka.test', to: 'both.target.test' },
      { match: 'public.kafka.test', to: 'system' },
      { match: '*.open.kafka.test', to: 'system' },
      { match: 'secret.kafka.test', to: 'refuse' },
      { match: '*.closed.kafka.test', to: 'refuse' },
      { match: 'a.closed.kafka.test', to: 'four.target.test' },
    ],
    names: [
      'public.kafka.test',
      'a.public.kafka.test',
      'open.kafka.test',
      'a.open.kafka.test',
      'four.b.open.kafka.test',
      'secret.kafka.test',
      'a.secret.kafka.test',
      'closed.kafka.test',
      'a.closed.kafka.test',
      'b.a.closed.kafka.test',
      'b.closed.kafka.test',
    ],
  },
  {
    is: 'a target that a rule matches is not matched again',
    rules: [
      { match: '*.kafka.test', to: 'boot.kafka.test' },
      { match: 'b-1.kafka.test', to: 'b-2.kafka.test' },
      { match: 'b-2.kafka.test', to: 'four.target.test' },
    ],
    names: ['boot.kafka.test', 'a.kafka.test', 'a.boot.kafka.test', 'b-1.kafka.test', 'b-2.kafka.test'],
  },
  {
    is: 'tables are spelt out, and captures are left out',
    rules: [
      { match: '{x}.kafka.test', to: '{t[x]}.target.test' },
      { match: 'e-{x}.kafka.test', to: '{x}.target.test' },
      { match: '*.other.test', to: '{t[*]}.target.test' },
      { match: '*.b.other.test', to: 'both.target.test' },
      { match: 'b.kafka.test', to: 'alias.target.test' },
    ],
    names: [
      'a.kafka.test',
      'b.kafka.test',
      'k1.kafka.test',
      'none.kafka.test',
      'e-1.kafka.test',
      'a.other.test',
      'a.b.other.test',
      'x.a.b.other.test',
      'x.a.other.test',
      'x.other.test',
    ],
  },
  {
    is: 'all addresses of a list are given, each family by itself',
    rules: [
      { match: 'a.kafka.test', to: ['192.0.2.1', '2001:db8::1', '192.0.2.2'] },
      { match: '*.a.kafka.test', to: ['2001:db8::1'] },
      { match: '*.kafka.test', to: ['192.0.2.3', '2001:db8::3'] },
      { match: 'four.kafka.test', to: ['192.0.2.4'] },
    ],
    names: ['a.kafka.test', 'b.a.kafka.test', 'b.kafka.test', 'four.kafka.test', 'a.four.kafka.test'],
  },
  {
    is: 'a rule for every name leaves those alone that are passed on',
    rules: [
      { match: '*', to: ['192.0.2.9', '2001:db8::9'] },
      { match: '*.target.test', to: 'system' },
      { match: 'kafka.test', to: 'refuse' },
    ],
    names: ['both.target.test', 'target.test', 'kafka.test', 'a.kafka.test', 'example'],
  },
]
