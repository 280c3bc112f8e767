import { z } from 'zod';
import { integerField } from '../config/fields.js';

const file = (env: string, description: string) =>
  z.string().optional().meta({ env, description, allowed: 'a path' });

/** The part of a service's configuration that says who gets in, and how it gets to the broker. */
export const securityConfigFields = {
  tlsCert: file('UBT_TLS_CERT', 'Certificate of the service, PEM, intermediate ones behind it; turns TLS on'),
  tlsKey: file('UBT_TLS_KEY', 'Its private key, PEM'),
  tlsCa: file('UBT_TLS_CA', 'Authorities whose client certificates are taken, PEM; turns mutual TLS on'),
  tlsClientAuth: z.enum(['required', 'optional']).default('required').meta({
    env: 'UBT_TLS_CLIENT_AUTH',
    description: 'Whether callers must have a certificate of those authorities, or may show a token instead',
  }),
  authFile: file('UBT_AUTH_FILE', 'Access file: tokens, certificates and the methods each may call'),
  healthPort: z.coerce.number().int().min(0).max(65535).optional().meta({
    env: 'UBT_HEALTH_PORT',
    description: 'Another port for health alone, in plain text, for probes that have no certificate',
  }),
  reloadSeconds: integerField(1, 86_400, 30).meta({
    env: 'UBT_RELOAD_SECONDS',
    description: 'How often certificate, access and credentials files are looked at',
  }),
  allowInsecure: z.stringbool().default(false).meta({
    env: 'UBT_ALLOW_INSECURE',
    description: 'Serve beyond loopback, or use NATS there, without TLS or without knowing the callers',
    allowed: 'true | false',
  }),
  natsTlsCa: file('UBT_NATS_TLS_CA', 'Authorities that the NATS server’s certificate may come from, PEM'),
  natsTlsCert: file('UBT_NATS_TLS_CERT', 'Client certificate for NATS, PEM'),
  natsTlsKey: file('UBT_NATS_TLS_KEY', 'Its private key, PEM'),
  natsCreds: file('UBT_NATS_CREDS', 'Credentials for NATS: a .creds file'),
  natsTokenFile: file('UBT_NATS_TOKEN_FILE', 'File with the token for NATS'),
  natsUser: z.string().optional().meta({ env: 'UBT_NATS_USER', description: 'User name for NATS' }),
  natsPasswordFile: file('UBT_NATS_PASSWORD_FILE', 'File with the password for NATS'),
} as const;

/** {@link securityConfigFields} as read. */
export type SecurityConfig = z.infer<z.ZodObject<typeof securityConfigFields>>;
