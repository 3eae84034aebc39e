/** Injection token of the `auth` slice of the options. */
export const AUTH_OPTIONS = Symbol('waypost auth options');
