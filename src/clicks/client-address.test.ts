import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AddressNetworkError,
  AddressNetworks,
  clientAddress,
  parseTrustedProxies,
  writeAddress,
} from './client-address.js';

describe('clientAddress', () => {
  it.each([
    // trusted, socket, header, reader
    ['', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['1', '10.0.0.1', undefined, '10.0.0.1'],
    ['1', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['1', '10.0.0.1', 'forged, 1.2.3.4, 198.51.100.1', '198.51.100.1'],
    ['2', '10.0.0.1', '1.2.3.4, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['2', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.0/8', '10.0.0.1', '1.2.3.4, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['10.0.0.0/8', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['10.0.0.0/8', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['loopback', '::ffff:127.0.0.1', '2001:db8::7', '2001:db8::7'],
    ['127.0.0.1', '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1, ::1', '::1', '198.51.100.1', '198.51.100.1'],
    ['::1/128', '::1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['1', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    // The proxy wrote something that is no address: its own is the last sure one.
    ['1', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['1', '10.0.0.1', '198.51.100.1, ', '10.0.0.1'],
    ['1', '10.0.0.1', '1', '10.0.0.1'],
    ['1', '10.0.0.1', '0x7f.1', '10.0.0.1'],
    ['1', '10.0.0.1', '198.51.100.256', '10.0.0.1'],
    ['1', '10.0.0.1', '[', '10.0.0.1'],
  ])('with %j trusted, %s that forwards %j is %s', (trusted, socket, header, expected) => {
    expect(clientAddress(parseTrustedProxies(trusted), socket, header)).toBe(expected);
  });

  it('believes nobody who is not trusted, whatever the header says', () => {
    const trusted = parseTrustedProxies('10.0.0.0/8, fd00::/8');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.ipV4(), (header, socket) => {
        fc.pre(!socket.startsWith('10.'));
        expect(clientAddress(trusted, socket, header)).toBe(socket);
      }),
    );
  });

  it('is the one that the trusted proxy wrote, whatever stands left of it', () => {
    const trusted = parseTrustedProxies('1');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.oneof(fc.ipV4(), fc.ipV6()), (forged, reader) => {
        expect(clientAddress(trusted, '10.0.0.1', `${forged}, ${reader}`)).toBe(reader);
      }),
    );
  });
});

describe('parseTrustedProxies', () => {
  it.each(['10.0.0.0/33', 'proxy.example', '10.0.0', '::1/129', '10.0.0.0/', '10.0.0.0/-1', '33', '1,2', '300.0.0.1'])(
    'refuses %j',
    (text) => {
      expect(() => parseTrustedProxies(text)).toThrow(AddressNetworkError);
    },
  );

  it.each(['', ' ', '0'])('reads %j as nobody', (text) => {
    expect(parseTrustedProxies(text)).toEqual({ kind: 'none' });
  });
});

describe('AddressNetworks', () => {
  it('knows one address in every spelling', () => {
    const networks = AddressNetworks.parse(['192.0.2.7', '2001:db8::/64']);
    expect(networks.has('::ffff:192.0.2.7')).toBe(true);
    expect(networks.has('2001:DB8:0:0:9::1')).toBe(true);
    expect(networks.has('2001:db8:0:1::1')).toBe(false);
    expect(networks.has('192.0.2.8')).toBe(false);
    expect(networks.has('nonsense')).toBe(false);
  });
});

describe('writeAddress', () => {
  it('writes the same bytes as the address has', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const bytes = new Uint8Array(16);
        expect(writeAddress(address, bytes)).toBe(true);
        expect([...bytes.subarray(12)].join('.')).toBe(address);
      }),
    );
  });
});
