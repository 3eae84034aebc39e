import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export class AllowListError extends Error {
  override readonly name = 'AllowListError';
}

/**
 * Which addresses Waypost may send requests to: public ones, and those the operator names.
 *
 * An IPv6 address that only carries an IPv4 one (IPv4-mapped, and NAT64's 64:ff9b::/96) is judged as what it carries. Every
 * other way to wrap one (6to4, Teredo, IPv4-compatible, local NAT64) is refused: no public server needs it today.
 */
export class AddressRules {
  private constructor(
    private readonly networks: readonly (readonly [Address, number])[],
    private readonly hosts: ReadonlySet<string>,
  ) {}

  /**
   * Entries are networks (`10.1.0.0/16`, `fd00::/8`), addresses, or host names (`hooks.internal`), which are allowed whatever
   * address they have.
   * @throws AllowListError that names the entry.
   */
  static parse(entries: readonly string[]): AddressRules {
    const isNetwork = (entry: string): boolean => entry.includes('/') || isIP(entry) !== 0;
    return new AddressRules(
      entries.filter(isNetwork).map(parseNetwork),
      new Set(entries.filter((entry) => !isNetwork(entry)).map(parseHost)),
    );
  }

  /** `host`: as `URL.hostname` writes it. */
  allowsHost(host: string): boolean {
    return this.hosts.has(withoutRootDot(host));
  }

  /**
   * What keeps an address from being used, as `private` or `loopback`.
   * @returns undefined when it may be used.
   */
  refusalOf(text: string): string | undefined {
    const address = readAddress(text);
    if (!address) return 'unreadable';
    if (this.networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))) {
      return undefined;
    }
    return kindOf(address);
  }
}

/** The part of the Internet from which public IPv6 addresses are given out (RFC 4291, IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** IPv4-mapped and NAT64 addresses become the IPv4 address they carry. */
function readAddress(text: string): Address | undefined {
  const canonical = isIP(text) === 6 ? canonicalIpv6(text) : text;
  if (canonical === undefined || isIP(canonical) === 0) return undefined;
  const address = ipaddr.process(canonical);
  if (address instanceof ipaddr.IPv6 && address.match(NAT64)) return new ipaddr.IPv4(address.toByteArray().slice(-4));
  return address;
}

/** In hexadecimal: the parser takes `::1.2.3.4`, which is IPv4-compatible, for IPv4-mapped. Undefined with a zone. */
function canonicalIpv6(text: string): string | undefined {
  return URL.canParse(`http://[${text}]/`) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : undefined;
}

/** @returns undefined for an address that anybody may reach. */
function kindOf(address: Address): string | undefined {
  const range = address.range();
  if (range !== 'unicast') return KIND_WORDS[range] ?? range;
  return address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST) ? 'reserved' : undefined;
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  linkLocal: 'link-local',
  uniqueLocal: 'private',
  carrierGradeNat: 'shared (CGNAT)',
};

function parseNetwork(entry: string): readonly [Address, number] {
  const [address = '', bits] = entry.split('/');
  const parsed = readAddress(address);
  const most = parsed?.kind() === 'ipv4' ? 32 : 128;
  if (!parsed || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
    throw new AllowListError(`"${entry}" is no network. Write one such as 10.1.0.0/16 or fd00::/8.`);
  }
  return [parsed, bits === undefined ? most : Number(bits)];
}

/** Written as a URL would write it, so that both can be compared. */
function parseHost(entry: string): string {
  const url = URL.canParse(`http://${entry}/`) ? new URL(`http://${entry}/`) : undefined;
  if (!url || entry.includes(':') || url.pathname !== '/' || url.username !== '' || url.search !== '') {
    throw new AllowListError(
      `"${entry}" is neither a network nor a host name. Write such as hooks.internal, without port.`,
    );
  }
  return withoutRootDot(url.hostname);
}

function withoutRootDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
