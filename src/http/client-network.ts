const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** The machine itself, or a proxy on it. */
export function isLoopbackAddress(address: string): boolean {
  return LOOPBACK.test(address);
}

/** Whom to count an address for: of IPv6 the /64, because somebody who has one address of it has them all. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address.replace('::ffff:', '');
  const [start = '', end] = address.toLowerCase().split('::');
  const before = start.split(':').filter((part) => part !== '');
  if (end === undefined) return before.slice(0, 4).join(':');
  const after = end.split(':').filter((part) => part !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
