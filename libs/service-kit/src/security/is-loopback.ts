import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether a host, as in a URL or to listen on, is this machine and nothing else: `127.0.0.1`, `[::1]`, `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost') return true;
  const version = isIP(bare);
  return version !== 0 && LOOPBACK.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

/** The host of an address that gRPC dials: `host:port`, `dns:///host:port`, `[::1]:50051`. */
export function hostOfTarget(target: string): string {
  if (target.startsWith('unix:')) return 'localhost';
  const authority = target.replace(/^[a-z][a-z0-9+.-]*:(\/\/[^/]*\/)?/i, (scheme) =>
    scheme.includes('/') ? '' : scheme,
  );
  return authority.replace(/:\d+$/, '');
}
