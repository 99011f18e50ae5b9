export type SplitDnsMap = { rules?: readonly unknown[] }
