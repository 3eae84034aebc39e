export interface PartnerSchedule {
  readonly status: string;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
}

/** Start included, end not: a partner that expires at noon is expired at noon. A pause wins over the schedule. */
export function partnerStatus(partner: PartnerSchedule, now: Date): 'active' | 'paused' | 'scheduled' | 'expired' {
  if (partner.status === 'paused') return 'paused';
  if (partner.expiresAt && partner.expiresAt <= now) return 'expired';
  if (partner.startsAt && partner.startsAt > now) return 'scheduled';
  return 'active';
}
