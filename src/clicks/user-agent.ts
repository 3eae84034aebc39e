import { isbot } from 'isbot';
import { UAParser } from 'ua-parser-js';

export type Device = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'other';

/** What a user agent says of itself. Names only: with versions, the combinations would come near to telling readers apart. */
export interface Agent {
  readonly isBot: boolean;
  readonly device: Device;
  readonly browser: string;
  readonly os: string;
}

/** Programs that isbot takes for people: they name themselves like browsers, or not at all. */
const moreBots =
  /\b(?:headless|lighthouse|pagespeed|prerender|preview|scan(?:ner)?|monitor|validator|archiv(?:e|er)|okhttp|cfnetwork(?!.*mobile)|dart|guzzle|faraday|aiohttp|httpx|libcurl|wget|curl)\b|\b(?:whatsapp|viber|skypeuripreview)\//i;

export function parseUserAgent(userAgent: string): Agent {
  if (userAgent === '') return { isBot: false, device: 'other', browser: '', os: '' };
  if (isbot(userAgent) || isMoreBot(userAgent)) return { isBot: true, device: 'other', browser: '', os: '' };
  const parsed = new UAParser(userAgent).getResult();
  return {
    isBot: false,
    device: deviceOf(parsed.device.type, parsed.os.name),
    browser: nameOf(parsed.browser.name),
    os: nameOf(parsed.os.name),
  };
}

/** In-app browsers of the messengers say `WhatsApp/` behind a whole browser's name; their preview fetchers say it alone. */
function isMoreBot(userAgent: string): boolean {
  const found = moreBots.exec(userAgent);
  return found !== null && !(found[0].endsWith('/') && userAgent.startsWith('Mozilla/5.0 ('));
}

function deviceOf(type: string | undefined, os: string | undefined): Device {
  switch (type) {
    case 'mobile':
    case 'wearable':
      return 'mobile';
    case 'tablet':
      return 'tablet';
    case 'smarttv':
    case 'console':
      return 'tv';
    case undefined:
      // ua-parser-js names no type for a computer, nor for what it does not know.
      return os === undefined ? 'other' : 'desktop';
    default:
      return 'other';
  }
}

/** Names come from what the agent wrote: anything that is no plain name would let it write into the reports. */
const nameOf = (name: string | undefined): string =>
  name !== undefined && /^[A-Za-z0-9][A-Za-z0-9 .+_-]{0,31}$/.test(name) ? name : '';

const maxAgentsKept = 10_000;

/** Remembers: a handful of agents makes nearly all requests, and parsing one takes as long as a whole redirect. */
export function createAgentReader(parse: (userAgent: string) => Agent = parseUserAgent): (userAgent: string) => Agent {
  const known = new Map<string, Agent>();
  return (userAgent) => {
    let agent = known.get(userAgent);
    if (agent === undefined) {
      agent = parse(userAgent);
      if (known.size >= maxAgentsKept) known.clear();
      known.set(userAgent, agent);
    }
    return agent;
  };
}
