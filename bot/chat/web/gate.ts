/**
 * Who gets in: only this machine, only by the address that was printed at the start, only from Drover's own page.
 * The token comes once in the address and is exchanged for a cookie that scripts cannot read.
 *
 * Cookies are not kept apart by port (RFC 6265, section 8.5), so the cookie's name carries it; another program that
 * listens on this machine's loopback could still be sent it. Good enough for a demo, not for a sign-in.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** On every answer; an earlier answer of the gate has them too. */
export const safeHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
};

/** Against DNS rebinding: a page of another site may reach this port, but not under one of these names. */
export const ownHostOnly: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('Host') ?? '';
  if (/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return next();
  return c.json({ error: 'this address is not one of Drover’s; use the one printed at its start' }, 403);
};

/** Browsers say where a request comes from; programs without a browser say nothing and cannot be misled. */
export const ownPageOnly: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('Sec-Fetch-Site');
  const origin = c.req.header('Origin');
  const own = `http://${c.req.header('Host')}`;
  if ((site === undefined || site === 'same-origin') && (origin === undefined || origin === own)) return next();
  return c.json({ error: 'this came from another page than Drover’s own' }, 403);
};

export interface TokenGate {
  /** Whether the address carries the token or the cookie stands for it; sets the cookie for the token. */
  admits(c: Context): boolean;
  cookieOnly: MiddlewareHandler;
}

export function createTokenGate(token: string): TokenGate {
  const secret = digest(`drover web cookie ${token}`);
  const cookieName = (c: Context) => `drover_${new URL(c.req.url).port}`;
  const hasCookie = (c: Context) => same(getCookie(c, cookieName(c)) ?? '', secret);
  return {
    admits(c) {
      const given = c.req.query('token');
      if (given === undefined) return hasCookie(c);
      if (!same(digest(given), digest(token))) return false;
      setCookie(c, cookieName(c), secret, { httpOnly: true, sameSite: 'Strict', path: '/' });
      return true;
    },
    cookieOnly: async (c, next) => {
      if (hasCookie(c)) return next();
      return c.json({ error: 'open the address that Drover printed when it started' }, 403);
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** In the same time whether or not they are equal. */
function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
