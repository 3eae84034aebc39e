import { describe, expect, it } from 'vitest';
import { AddressRules, AllowListError } from './address-rules.js';

const strict = AddressRules.parse([]);

describe('an address', () => {
  it.each([
    '93.184.216.34',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450:4001:82a::200e',
    '::ffff:93.184.216.34',
    '64:ff9b::5db8:d822',
  ])('%s is public', (address) => {
    expect(strict.refusalOf(address)).toBeUndefined();
  });

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['100.64.0.1', 'shared (CGNAT)'],
    ['100.127.255.255', 'shared (CGNAT)'],
    ['192.0.0.8', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['198.51.100.1', 'reserved'],
    ['203.0.113.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'deprecatedSiteLocal'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'private'],
    ['ff02::1', 'multicast'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'link-local'],
    ['::ffff:0:127.0.0.1', 'rfc6145'],
    ['::127.0.0.1', 'reserved'],
    ['::a00:1', 'reserved'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['64:ff9b:1::a00:1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['2002:5db8:d822::1', '6to4'],
    ['2001:0:53aa:64c:0:fbfe:8000:fffe', 'teredo'],
    ['2001:db8::1', 'reserved'],
    ['3fff::1', 'reserved'],
    ['100::1', 'discard'],
    ['5f00::1', 'segmentRouting'],
    ['4000::1', 'reserved'],
    ['::93.184.216.34', 'reserved'],
    ['fe80::1%eth0', 'unreadable'],
    ['', 'unreadable'],
    ['localhost', 'unreadable'],
    ['127.1', 'unreadable'],
    ['0x7f000001', 'unreadable'],
  ])('%s is not: %s', (address, kind) => {
    expect(strict.refusalOf(address)).toBe(kind);
  });
});

describe('an allow list', () => {
  const rules = AddressRules.parse(['10.1.0.0/16', '127.0.0.1', 'fd12::/16', 'Hooks.Internal', 'bücher.example']);

  it.each(['10.1.2.3', '127.0.0.1', '::ffff:10.1.2.3', 'fd12::1'])('lets %s in', (address) => {
    expect(rules.refusalOf(address)).toBeUndefined();
  });

  it.each(['10.2.0.1', '127.0.0.2', 'fd13::1', '::1'])('does not let %s in', (address) => {
    expect(rules.refusalOf(address)).toBeDefined();
  });

  it('knows hosts by name, however they are written', () => {
    expect(
      ['hooks.internal', 'hooks.internal.', 'xn--bcher-kva.example'].map((host) => rules.allowsHost(host)),
    ).toEqual([true, true, true]);
    expect(rules.allowsHost('other.hooks.internal')).toBe(false);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/x', 'fd00::/129', '10.0.0/8', 'host:80', 'http://host', 'a/b', 'user@host', ''])(
    'refuses the entry "%s"',
    (entry) => {
      expect(() => AddressRules.parse([entry])).toThrow(AllowListError);
    },
  );
});
