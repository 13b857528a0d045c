import { createCipheriv } from "node:crypto";

const ZEROS = Buffer.alloc(16);

/**
 * 128 bits that tell one picture's bytes from another's, as 32 hex digits, in a fifth of the time of SHA-256: the tag of
 * AES-128-GCM under a key and nonce of zeros, with the bytes as what it authenticates (GMAC, NIST SP 800-38D).
 * No seal against someone who makes a picture for it, since anyone can compute it: what a picture is, only its SHA-256 says.
 */
export function checksumOf(bytes: Buffer): string {
  const cipher = createCipheriv("aes-128-gcm", ZEROS, ZEROS.subarray(0, 12));
  cipher.setAAD(bytes);
  cipher.final();
  return cipher.getAuthTag().toString("hex");
}
