const requests = new WeakSet<object>();

/** The request came by the public listener, while another one is there for whoever runs the server. */
export function hideDetails(request: object): void {
  requests.add(request);
}

export function hidesDetails(request: object): boolean {
  return requests.has(request);
}
