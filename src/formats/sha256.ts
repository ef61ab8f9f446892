/** SHA-256 as lower-case hexadecimal. */
import { PareError } from '../lib/assert.ts';

/** Of bytes that are in memory: WebCrypto has no streaming form. */
export async function sha256(data: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (!subtle) {
    throw new PareError(
      'insecure-context',
      'This browser computes SHA-256 only on secure pages.',
      'Open the page over https, or from localhost.',
    );
  }
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
