export type EmbeddedPostgresErrorCode =
  | 'PACKAGE_MISSING'
  | 'PLATFORM_UNSUPPORTED'
  | 'BINARIES_UNUSABLE'
  | 'NO_ACCOUNT'
  | 'DATA_UNUSABLE'
  | 'DATA_VERSION'
  | 'INITDB_FAILED'
  | 'START_FAILED'
  | 'PORT_TAKEN'
  | 'IN_USE'
  | 'GIVEN_UP';

/** The message is a complete sentence that names the folder and what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
