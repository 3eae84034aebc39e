import ipaddr from 'ipaddr.js';

/** Proxies whose `X-Forwarded-For` is believed: a number of hops in front of Waypost, or networks. */
export type TrustedProxies =
  | { readonly kind: 'none' }
  | { readonly kind: 'count'; readonly hops: number }
  | { readonly kind: 'networks'; readonly networks: AddressNetworks };

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const maxAnswersKept = 1024;

/** Networks in CIDR notation; single addresses are networks of one. */
export class AddressNetworks {
  /** Answers for addresses asked lately: proxies are few, and each of their requests asks again. */
  private readonly answers = new Map<string, boolean>();

  private constructor(private readonly ranges: readonly [Address, number][]) {}

  /** @throws AddressNetworkError that names the part. */
  static parse(parts: readonly string[]): AddressNetworks {
    return new AddressNetworks(parts.map(parseNetwork));
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  has(text: string): boolean {
    let answer = this.answers.get(text);
    if (answer === undefined) {
      answer = this.contains(text);
      if (this.answers.size >= maxAnswersKept) this.answers.clear();
      this.answers.set(text, answer);
    }
    return answer;
  }

  private contains(text: string): boolean {
    const address = parseAddress(text);
    return (
      address !== undefined &&
      this.ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
    );
  }
}

export class AddressNetworkError extends Error {
  override readonly name = 'AddressNetworkError';
}

const namedNetworks: Readonly<Record<string, readonly string[]>> = { loopback: ['127.0.0.0/8', '::1/128'] };

/** Reads the option's text: empty, a count such as `1`, or networks such as `10.0.0.0/8, ::1`. */
export function parseTrustedProxies(text: string): TrustedProxies {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const [first] = parts;
  if (first === undefined) return { kind: 'none' };
  if (parts.length === 1 && /^\d+$/.test(first)) {
    const hops = Number(first);
    if (hops > 32) throw new AddressNetworkError(`${first} proxies in a row are not plausible; write at most 32.`);
    return hops === 0 ? { kind: 'none' } : { kind: 'count', hops };
  }
  return { kind: 'networks', networks: AddressNetworks.parse(parts.flatMap((part) => namedNetworks[part] ?? [part])) };
}

/**
 * The reader's address. Only what trusted proxies have written counts: the list is read from its right end, and what stands left of the first
 * untrusted address may be anybody's invention.
 */
export function clientAddress(
  trusted: TrustedProxies,
  remoteAddress: string,
  forwardedFor: string | undefined,
): string {
  if (trusted.kind === 'none' || forwardedFor === undefined || forwardedFor === '') return remoteAddress;
  let address = remoteAddress;
  let end = forwardedFor.length;
  for (let hop = 0; end > 0 && isTrusted(trusted, address, hop); hop++) {
    const comma = forwardedFor.lastIndexOf(',', end - 1);
    const entry = withoutPort(forwardedFor.slice(comma + 1, end).trim());
    // A proxy that was to write an address wrote something else: the last sure one is the proxy's own.
    if (!isAddress(entry)) break;
    address = entry;
    end = comma;
  }
  return address;
}

function isTrusted(trusted: TrustedProxies, address: string, hop: number): boolean {
  if (trusted.kind === 'count') return hop < trusted.hops;
  return trusted.kind === 'networks' && trusted.networks.has(address);
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  if (entry.startsWith('[')) return entry.slice(1, entry.indexOf(']'));
  const colon = entry.indexOf(':');
  return colon > 0 && entry.includes('.') && colon === entry.lastIndexOf(':') ? entry.slice(0, colon) : entry;
}

const isAddress = (text: string): boolean => readIpv4(text) >= 0 || parseAddress(text) !== undefined;

/**
 * Writes an address as 16 bytes (IPv4 mapped into IPv6), so that one reader is one reader on either kind of socket.
 * False where the text is no address.
 */
export function writeAddress(text: string, bytes: Uint8Array): boolean {
  const ipv4 = readIpv4(text.startsWith('::ffff:') ? text.slice(7) : text);
  if (ipv4 >= 0) {
    bytes.fill(0, 0, 10);
    bytes[10] = bytes[11] = 0xff;
    for (let index = 0; index < 4; index++) bytes[12 + index] = ipv4 >>> (24 - 8 * index);
    return true;
  }
  const address = parseAddress(text);
  if (address === undefined) return false;
  const full = address.kind() === 'ipv4' ? (address as ipaddr.IPv4).toIPv4MappedAddress() : address;
  bytes.set(full.toByteArray());
  return true;
}

/** The plain form that nearly every address has, without regular expressions. -1 where it is another. */
function readIpv4(text: string): number {
  let value = 0;
  let part = -1;
  let parts = 0;
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? 46 : text.charCodeAt(index);
    if (code === 46) {
      if (part < 0 || part > 255 || ++parts > 4) return -1;
      value = value * 256 + part;
      part = -1;
    } else if (code >= 48 && code <= 57 && part !== 0) {
      part = (part < 0 ? 0 : part * 10) + code - 48;
    } else {
      return -1;
    }
  }
  return parts === 4 ? value : -1;
}

function parseAddress(text: string): Address | undefined {
  // ipaddr.js also reads `1` and `0x7f.1`, which no proxy writes and which would make a forged header look like an address.
  const isPlain = text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!isPlain) return undefined;
  const zone = text.indexOf('%');
  return ipaddr.process(zone < 0 ? text : text.slice(0, zone));
}

function parseNetwork(text: string): [Address, number] {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const maxBits = address?.kind() === 'ipv4' ? 32 : 128;
  const bits = slash < 0 ? maxBits : Number(text.slice(slash + 1));
  const areBitsPlain = slash < 0 || /^\d{1,3}$/.test(text.slice(slash + 1));
  if (address === undefined || !areBitsPlain || bits > maxBits) {
    throw new AddressNetworkError(`"${text}" is no network. Write one such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7.`);
  }
  return [address, bits];
}
