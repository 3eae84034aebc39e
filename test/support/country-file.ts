import { writeFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';

/** Networks of IPv4 and IPv6, such as `192.0.2.0/24`, each with its country. */
export type CountryNetworks = Readonly<Record<string, string>>;

/** Which of the forms that country files come in: MaxMind's and DB-IP's, or the flat one. */
export type CountryForm = 'nested' | 'flat';

type Node = [Branch, Branch];
type Branch = Node | number | undefined;

/**
 * Writes a small database in MaxMind's format: a search tree of 24-bit records, 16 zero bytes, the data, and the metadata.
 * https://maxmind.github.io/MaxMind-DB/ (version 2.0).
 */
export async function writeCountryFile(
  path: string,
  networks: CountryNetworks,
  form: CountryForm = 'nested',
): Promise<void> {
  const offsets = new Map<string, number>();
  let data = Buffer.alloc(0);
  const root: Node = [undefined, undefined];
  for (const [network, country] of Object.entries(networks)) {
    if (!offsets.has(country)) {
      offsets.set(country, data.length);
      const record: Value = form === 'flat' ? { country_code: country } : { country: { iso_code: country } };
      data = Buffer.concat([data, encode(record)]);
    }
    insert(root, bitsOf(network), offsets.get(country) ?? 0);
  }
  const nodes = flatten(root);
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_763_950_000,
    database_type: 'Test-Country',
    description: { en: 'Written by a test' },
    ip_version: 6,
    languages: { list: ['en'] },
    node_count: nodes.length,
    record_size: 24,
  };
  await writeFile(
    path,
    Buffer.concat([
      treeOf(nodes),
      Buffer.alloc(16),
      data,
      Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
      encode(metadata),
    ]),
  );
}

function insert(root: Node, bits: readonly number[], offset: number): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node[bit as 0 | 1];
    if (Array.isArray(next)) node = next;
    else node = node[bit as 0 | 1] = [undefined, undefined];
  }
  node[(bits.at(-1) ?? 0) as 0 | 1] = offset;
}

/** The tree is one of IPv6; IPv4 stands at its very left, below 96 zeros. */
function bitsOf(network: string): number[] {
  const [address = '', length = '0'] = network.split('/');
  const bytes = isIPv4(address) ? [...Array<number>(12).fill(0), ...address.split('.').map(Number)] : bytesOf(address);
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, index) => (byte >> (7 - index)) & 1));
  return bits.slice(0, Number(length) + (isIPv4(address) ? 96 : 0));
}

function bytesOf(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return all.flatMap((word) => [word >> 8, word & 255]);
}

function flatten(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) for (const branch of node) if (Array.isArray(branch)) nodes.push(branch);
  return nodes;
}

function treeOf(nodes: readonly Node[]): Buffer {
  const numbers = new Map(nodes.map((node, index) => [node, index]));
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, node] of nodes.entries()) {
    for (const [side, branch] of node.entries()) {
      const record = Array.isArray(branch)
        ? (numbers.get(branch) ?? 0)
        : nodes.length + (branch === undefined ? 0 : 16 + branch);
      tree.writeUIntBE(record, index * 6 + side * 3, 3);
    }
  }
  return tree;
}

type Value = string | number | { readonly [key: string]: Value | readonly Value[] | undefined };

/** Sizes below 29 fit into the control byte; nothing here is longer. A list is written as `{ list: [...] }`. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)]);
  if (typeof value === 'number') return encodeNumber(value);
  const { list } = value;
  if (Array.isArray(list)) {
    // An extended type: 11 for an array, less the 7 that need no second byte.
    return Buffer.concat([Buffer.from([list.length, 11 - 7]), ...list.map((one: Value) => encode(one))]);
  }
  const entries = Object.entries(value as Record<string, Value>);
  return Buffer.concat([
    Buffer.from([(7 << 5) | entries.length]),
    ...entries.flatMap(([key, one]) => [encode(key), encode(one)]),
  ]);
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = (6 << 5) | 4;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}
