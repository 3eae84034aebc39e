import type { AttributeValue } from '../attributes.js';

/** An attribute's value as Hugo writes it: lists and nested sets are empty. */
export function attributeText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return decimal(value);
  return typeof value === 'boolean' ? String(value) : '';
}

/** A number without an exponent. */
function decimal(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return Object.is(value, -0) ? '-0' : text;
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20, maximumSignificantDigits: 17 });
}
