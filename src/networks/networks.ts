/**
 * Affiliate networks: how a link of each is recognised, and where its sub id goes.
 * Sources are the networks' own publisher manuals. A partner declares its network (guessed from the link, changeable) and may
 * edit the template, since vanity hosts defeat guessing.
 */
export interface Network {
  readonly name: string;
  /** Default template (see `sub-id.ts`). Empty: the link is left as it is. */
  readonly subIdTemplate: string;
  /** Longest value that the network keeps in its reports, in characters. */
  readonly maxSubIdLength: number;
  /** What a value may look like, beyond its length. */
  readonly subIdPattern: RegExp;
  /** Parameters that say who earns the commission: a request may never set them, even where the owner's link has none. */
  readonly protectedParameters: readonly string[];
  readonly recognises: (url: URL) => boolean;
}

const alphanumeric = /^[A-Za-z0-9]+$/;
const printableAscii = /^[\x21-\x7e]+$/;

const isHost = (url: URL, ...hosts: readonly string[]): boolean => {
  const hostname = url.hostname.replace(/\.$/, '');
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
};

/** A shop's own domain in any country: `amazon.de`, `www.amazon.co.uk`; never `amazon.example.com`. */
const isCountryHost = (url: URL, label: string): boolean =>
  new RegExp(`(^|\\.)${label}\\.(com|[a-z]{2}|com?\\.[a-z]{2})\\.?$`).test(url.hostname);

const isAmazon = (url: URL): boolean => isCountryHost(url, 'amazon') || isHost(url, 'amzn.to', 'a.co', 'amzn.com');

/** Order matters: the first that recognises a link is its network. */
export const networks = {
  amazon: {
    name: 'Amazon Associates',
    // Tracking ids are registered by hand (about 100 an account), so none is ever invented.
    subIdTemplate: '',
    maxSubIdLength: 64,
    subIdPattern: /^[A-Za-z0-9-]+$/,
    protectedParameters: ['tag', 'ascsubtag', 'linkId', 'linkCode'],
    recognises: isAmazon,
  },
  cj: {
    name: 'CJ',
    subIdTemplate: 'sid={placement}',
    maxSubIdLength: 30,
    // CJ reads a lone 0 as no sid at all.
    subIdPattern: /^(?!0$)[A-Za-z0-9]+$/,
    protectedParameters: ['pid', 'aid', 'sid', 'url'],
    recognises: (url) =>
      isHost(url, 'anrdoezrs.net', 'jdoqocy.com', 'dpbolvw.net', 'tkqlhce.com', 'kqzyfj.com') ||
      /^\/click-\d+-\d+/.test(url.pathname),
  },
  awin: {
    name: 'Awin',
    subIdTemplate: 'clickref={placement}',
    maxSubIdLength: 50,
    subIdPattern: printableAscii,
    protectedParameters: ['awinmid', 'awinaffid', 'clickref', 'ued', 'p', 'mid', 'id'],
    recognises: (url) => isHost(url, 'awin1.com'),
  },
  shareasale: {
    name: 'ShareASale',
    subIdTemplate: 'afftrack={placement}',
    maxSubIdLength: 255,
    subIdPattern: alphanumeric,
    protectedParameters: ['u', 'b', 'm', 'afftrack', 'urllink'],
    recognises: (url) => isHost(url, 'shareasale.com'),
  },
  rakuten: {
    name: 'Rakuten Advertising',
    subIdTemplate: 'u1={placement}',
    maxSubIdLength: 72,
    subIdPattern: alphanumeric,
    protectedParameters: ['id', 'offerid', 'mid', 'u1', 'murl'],
    recognises: (url) => isHost(url, 'click.linksynergy.com'),
  },
  partnerstack: {
    name: 'PartnerStack',
    subIdTemplate: 'sid={placement}',
    maxSubIdLength: 255,
    subIdPattern: printableAscii,
    protectedParameters: ['sid', 'ps_partner_key', 'ps_xid'],
    recognises: (url) => isHost(url, 'grsm.io'),
  },
  skimlinks: {
    name: 'Skimlinks',
    subIdTemplate: 'xcust={placement}',
    maxSubIdLength: 50,
    subIdPattern: /^[^&?=\s\x00-\x20\x7f-\uffff]+$/,
    protectedParameters: ['id', 'xcust', 'url'],
    recognises: (url) => isHost(url, 'go.skimresources.com', 'go.redirectingat.com'),
  },
  ebay: {
    name: 'eBay Partner Network',
    subIdTemplate: 'customid={placement}',
    maxSubIdLength: 256,
    subIdPattern: alphanumeric,
    protectedParameters: ['campid', 'customid', 'mkrid', 'siteid', 'toolid'],
    recognises: (url) => isCountryHost(url, 'ebay') && url.searchParams.has('campid'),
  },
  partnerize: {
    name: 'Partnerize',
    // A segment of the path, not a query parameter.
    subIdTemplate: '/pubref:{placement}',
    maxSubIdLength: 256,
    subIdPattern: /^[^/\s\x00-\x20]+$/,
    protectedParameters: ['camref', 'pubref', 'destination'],
    recognises: (url) => isHost(url, 'prf.hn') || url.pathname.startsWith('/click/camref:'),
  },
  tune: {
    name: 'TUNE',
    subIdTemplate: 'aff_sub={placement}',
    maxSubIdLength: 500,
    subIdPattern: /^.+$/,
    protectedParameters: ['offer_id', 'aff_id', 'aff_sub', 'url'],
    recognises: (url) =>
      url.pathname === '/aff_c' &&
      (isHost(url, 'go2cloud.org') || (url.searchParams.has('offer_id') && url.searchParams.has('aff_id'))),
  },
  impact: {
    name: 'Impact',
    // Amazon Seller programs take `sharedid` only: their partners edit the template.
    subIdTemplate: 'subId1={placement}',
    maxSubIdLength: 256,
    subIdPattern: printableAscii,
    protectedParameters: ['subId1', 'sharedid', 'irgwc', 'u'],
    // Impact's links live on the advertisers' own vanity hosts, so only the path tells.
    recognises: (url) => /^\/c\/\d+\/\d+\/\d+(\/|$)/.test(url.pathname),
  },
  everflow: {
    name: 'Everflow',
    subIdTemplate: 'sub1={placement}',
    maxSubIdLength: 600,
    subIdPattern: /^.+$/,
    protectedParameters: ['sub1', 'affid', 'oid'],
    // Custom domains and short opaque paths: chosen by hand, never guessed.
    recognises: () => false,
  },
  custom: {
    name: 'Other',
    subIdTemplate: '',
    maxSubIdLength: 600,
    subIdPattern: /^.+$/,
    protectedParameters: [],
    recognises: () => true,
  },
} as const satisfies Record<string, Network>;

export type NetworkKey = keyof typeof networks;

export const networkKeys = Object.keys(networks) as NetworkKey[];

export const isNetworkKey = (text: string): text is NetworkKey => Object.hasOwn(networks, text);

/** `custom` where nothing is recognised, also for text that is no URL. */
export function guessNetwork(destination: string): NetworkKey {
  if (!URL.canParse(destination)) return 'custom';
  const url = new URL(destination);
  return networkKeys.find((key) => networks[key].recognises(url)) ?? 'custom';
}

/**
 * The template for one link. Almost always the network's own; CJ's deep links (`/links/PID/type/dlg/https://shop`) carry the
 * shop's address in their path, so a query parameter would reach the shop and not CJ; and Skimlinks may not tag Amazon.
 */
export function subIdTemplateFor(network: NetworkKey, destination: string): string {
  if (!URL.canParse(destination)) return networks[network].subIdTemplate;
  const url = new URL(destination);
  if (network === 'cj' && url.pathname.startsWith('/links/')) return '/sid/{placement}';
  if (network === 'skimlinks' && leadsToAmazon(url.searchParams.get('url'))) return '';
  return networks[network].subIdTemplate;
}

function leadsToAmazon(address: string | null): boolean {
  if (address === null) return false;
  const text = /^https?:/i.test(address) ? address : `https://${address}`;
  return URL.canParse(text) && isAmazon(new URL(text));
}
