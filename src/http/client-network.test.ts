import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, networkOf } from './client-network.js';

describe('a limit counts', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s for %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('knows the machine itself', () => {
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].every(isLoopbackAddress)).toBe(true);
    expect(['192.0.2.7', '::2', '1.127.0.1', ''].some(isLoopbackAddress)).toBe(false);
  });
});
