import type { ModuleMetadata } from '@nestjs/common';
import { AddressRules } from './address-rules.js';
import { OutboundClient } from './outbound-client.js';
import type { OutboundOptions } from './outbound.options.js';
import { OUTBOUND_OPTIONS } from './outbound.options.js';

export const outboundModule = {
  providers: [
    {
      provide: OutboundClient,
      inject: [OUTBOUND_OPTIONS],
      useFactory: (options: OutboundOptions) => new OutboundClient({ rules: AddressRules.parse(options.allow ?? []) }),
    },
  ],
  exports: [OutboundClient],
} satisfies ModuleMetadata;
