import { checkDestinationUrl } from '../networks/destination-url.js';
import { guessNetwork, isNetworkKey, subIdTemplateFor, type NetworkKey } from '../networks/networks.js';
import { parseSubIdTemplate, SubIdTemplateError } from '../networks/sub-id.js';
import { compileDestination, type Destination } from './destination-url.js';
import type { LinkPartner, LinkTarget } from './link-directory.js';
import type { PlacementIds } from './placement-ids.js';

/** A partner as the database stores it; times are milliseconds since 1970. */
export interface PartnerRow {
  readonly key: string;
  readonly status: string;
  readonly destinationUrl: string;
  readonly network: string;
  readonly subIdTemplate: string | null;
  readonly passthrough: readonly string[];
  readonly fallbackUrl: string | null;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  readonly targets: readonly TargetRow[];
}

export interface TargetRow {
  readonly key: string;
  readonly rank: number;
  readonly weight: number;
  readonly destinationUrl: string;
  readonly network: string;
  readonly subIdTemplate: string | null;
  readonly countries: readonly string[] | null;
  readonly devices: readonly string[] | null;
  readonly languages: readonly string[] | null;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
}

export interface LinkRowOptions {
  readonly ownOrigins: readonly string[];
  /** Told when something stored cannot be used. The partner is served without it. */
  readonly onProblem: (sentence: string) => void;
}

/** What the redirect needs of a stored partner. Checked once more: not every row was written through Waypost. */
export function readPartnerRow(row: PartnerRow, placements: PlacementIds, options: LinkRowOptions): LinkPartner {
  const compile = (source: DestinationSource): Destination | undefined => compileStored(row, source, options);
  const fallback =
    row.fallbackUrl === null
      ? undefined
      : compile({ url: row.fallbackUrl, network: guessNetwork(row.fallbackUrl), subIdTemplate: null, passthrough: [] });
  return {
    key: row.key,
    isPaused: row.status !== 'active',
    startsAtMs: row.startsAtMs ?? -Infinity,
    endsAtMs: row.endsAtMs ?? Infinity,
    destination: compile({
      url: row.destinationUrl,
      network: row.network,
      subIdTemplate: row.subIdTemplate,
      passthrough: row.passthrough,
    }),
    fallback,
    targets: readTargets(row, compile),
    placements,
  };
}

interface DestinationSource {
  readonly url: string;
  readonly network: string;
  readonly subIdTemplate: string | null;
  readonly passthrough: readonly string[];
}

function readTargets(row: PartnerRow, compile: (source: DestinationSource) => Destination | undefined): LinkTarget[] {
  return row.targets
    .flatMap((target): LinkTarget[] => {
      const { destinationUrl: url, network, subIdTemplate } = target;
      const destination = compile({ url, network, subIdTemplate, passthrough: row.passthrough });
      if (destination === undefined) return [];
      return [
        {
          key: target.key,
          rank: target.rank,
          weight: target.weight,
          countries: setOf(target.countries, (country) => country.toUpperCase()),
          devices: setOf(target.devices, (device) => device.toLowerCase()),
          languages: setOf(target.languages, (language) => language.toLowerCase()),
          startsAtMs: target.startsAtMs ?? -Infinity,
          endsAtMs: target.endsAtMs ?? Infinity,
          destination,
        },
      ];
    })
    .sort((one, other) => one.rank - other.rank || (one.key < other.key ? -1 : 1));
}

const setOf = (values: readonly string[] | null, normalise: (value: string) => string): Set<string> | undefined =>
  values === null || values.length === 0 ? undefined : new Set(values.map(normalise));

function compileStored(row: PartnerRow, source: DestinationSource, options: LinkRowOptions): Destination | undefined {
  const { url, problem } = checkDestinationUrl(source.url, options);
  if (url === undefined) {
    options.onProblem(`A destination of partner "${row.key}" cannot be used: ${problem}`);
    return undefined;
  }
  const network: NetworkKey = isNetworkKey(source.network) ? source.network : 'custom';
  const subIdTemplate = usableTemplate(row.key, source.subIdTemplate ?? subIdTemplateFor(network, url), options);
  return compileDestination({ url, network, subIdTemplate, passthrough: source.passthrough });
}

function usableTemplate(key: string, template: string, options: LinkRowOptions): string {
  try {
    parseSubIdTemplate(template);
    return template;
  } catch (error) {
    if (!(error instanceof SubIdTemplateError)) throw error;
    options.onProblem(`The sub id template of partner "${key}" cannot be used. ${error.message}`);
    return '';
  }
}
