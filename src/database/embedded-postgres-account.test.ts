import { describe, expect, it } from 'vitest';
import { findAccount } from './embedded-postgres-account.js';

const debian = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
const postgres = 'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n';
const waypost = 'waypost:x:998:997::/var/lib/waypost:/usr/sbin/nologin\n';
const macOS = '##\n# User Database\nnobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n';

describe('the user that Postgres runs as', () => {
  it.each([
    ['nobody, where there is no better one', debian, { uid: 65_534, gid: 65_534 }],
    ['postgres rather than nobody', debian + postgres, { uid: 101, gid: 104 }],
    ['waypost rather than any other', debian + postgres + waypost, { uid: 998, gid: 997 }],
    ['never a user whose id is negative', macOS, undefined],
    ['never root under another name', 'waypost:x:0:0::/:/bin/sh\n', undefined],
    ['none in an empty file', '', undefined],
  ])('is %s', (_name, passwd, account) => {
    expect(findAccount(passwd)).toEqual(account);
  });
});
