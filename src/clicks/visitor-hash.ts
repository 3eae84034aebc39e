import { writeAddress } from './client-address.js';
import { sipHash, sipKey, type SipHash, type SipKey } from './siphash.js';

const addressBytes = 16;
const maxAgentsKept = 4096;

/**
 * Tells visitors apart for one day without knowing them: SipHash of the day's salt, address and user agent. The salt is random, lives 48 hours and is in no
 * backup, so that afterwards not even the owner can compute a stored hash again.
 */
export class VisitorHasher {
  private readonly key: SipKey;
  /** A user agent is hashed once: many readers share one, and it is ten times as long as the rest. */
  private readonly agentHashes = new Map<string, SipHash>();
  private readonly input = new Uint8Array(addressBytes + 8);
  private readonly inputView = new DataView(this.input.buffer);
  private readonly encoder = new TextEncoder();
  private readonly agentBytes = new Uint8Array(2048);

  constructor(salt: Uint8Array) {
    this.key = sipKey(salt);
  }

  /** Undefined where the address cannot be read: better no visitor than one that everybody shares. */
  hash(address: string, userAgent: string): SipHash | undefined {
    if (!writeAddress(address, this.input)) return undefined;
    const agent = this.agentHash(userAgent);
    this.inputView.setUint32(addressBytes, agent.high);
    this.inputView.setUint32(addressBytes + 4, agent.low);
    return sipHash(this.key, this.input, this.input.length);
  }

  private agentHash(userAgent: string): SipHash {
    const known = this.agentHashes.get(userAgent);
    if (known !== undefined) return known;
    const { written } = this.encoder.encodeInto(userAgent, this.agentBytes);
    const hash = sipHash(this.key, this.agentBytes, written);
    if (this.agentHashes.size >= maxAgentsKept) this.agentHashes.clear();
    this.agentHashes.set(userAgent, hash);
    return hash;
  }
}
