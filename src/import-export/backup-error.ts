export type BackupErrorCode =
  /** No backup of Waypost's at all. */
  | 'BACKUP_FOREIGN'
  /** It ends before its end. */
  | 'BACKUP_TRUNCATED'
  /** Bytes of it are not what was written. */
  | 'BACKUP_CORRUPT'
  /** Made by a newer version of Waypost. */
  | 'BACKUP_TOO_NEW'
  | 'BACKUP_FILE'
  | 'NOTHING_TO_BACK_UP'
  | 'RESTORE_REFUSED';

/** Why a backup was not made or not restored. Nothing was changed then. */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  constructor(
    readonly code: BackupErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
