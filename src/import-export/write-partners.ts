import { stringify as toToml } from 'smol-toml';
import { stringify as toYaml } from 'yaml';

export type DataFormat = 'toml' | 'yaml' | 'json';

/** Partners by key as the text of a data file, which a site keeps as `data/affiliates.<format>`. */
export function writePartners(partners: Readonly<Record<string, object>>, format: DataFormat): string {
  if (format === 'toml') return `${toToml(partners)}\n`;
  if (format === 'yaml') return toYaml(partners);
  return `${JSON.stringify(partners, undefined, 2)}\n`;
}
