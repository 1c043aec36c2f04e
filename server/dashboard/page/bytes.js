// Keys and values are bytes, in base64 on their way. Here a byte string is a string with one character for each byte, so that
// comparing two of them compares the bytes.

const strict = new TextDecoder("utf-8", { fatal: true });

export const fromBase64 = (text) => atob(text ?? "");
export const toBase64 = (bytes) => btoa(bytes);
export const encode = (text) => String.fromCharCode(...new TextEncoder().encode(text));

/** Null if it is no UTF-8. */
export function decode(bytes) {
  try {
    return strict.decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** For people: as UTF-8, or with \xNN for what is none. */
export function readable(bytes, lines = false) {
  const text = decode(bytes);
  if (text !== null) return visible(text, lines);
  return bytes.replace(/[^\x20-\x7e]/g, (each) => "\\x" + each.charCodeAt(0).toString(16).padStart(2, "0"));
}

/** Control characters and those that turn writing around are shown as what they are. */
export function visible(text, lines = false) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (each) =>
    lines && (each === "\n" || each === "\t") ? each : "\\u{" + each.charCodeAt(0).toString(16) + "}");
}

/** The range of all keys that begin with the prefix, as fields of a request. */
export function rangeOf(prefix) {
  if (prefix === "") return { key: toBase64("\0"), range_end: toBase64("\0") };
  const kept = prefix.replace(/\xff+$/, "");
  const end = kept === "" ? "\0" : kept.slice(0, -1) + String.fromCharCode(kept.charCodeAt(kept.length - 1) + 1);
  return { key: toBase64(prefix), range_end: toBase64(end) };
}
