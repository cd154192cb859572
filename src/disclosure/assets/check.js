// Checks a receipt on the visitor's own machine, with WebCrypto and nothing else: the opening gives
// the leaf, the leaf leads to the root, the log and its witnesses signed the root. Only the public
// policy, with the keys, is fetched.

/**
 * @typedef {{nonce: string, payload: string}} Opening
 * @typedef {{opening: Opening | null, index: number, hashes: Uint8Array[], text: string, signatures: Signature[]}} Receipt
 * @typedef {{name: string, id: string, blob: Uint8Array}} Signature
 * @typedef {{name: string, id: string, key: Uint8Array}} Key
 * @typedef {{log: Key, witnesses: Map<string, Key>, groups: {name: string, least: number, members: string[]}[], quorum: string}} Policy
 */

const encoder = new TextEncoder();

/** @param {string} text */
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** @param {Uint8Array} bytes */
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {(Uint8Array | string)[]} parts */
async function sha256(...parts) {
  const bytes = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const all = new Uint8Array(bytes.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

/** Reads a `.tlog-proof` file. @param {string} file @returns {Receipt} */
function parse(file) {
  const [before, text, lines] = file.split("\n\n");
  if (lines === undefined) throw new Error("no receipt");
  const head = before.split("\n");
  if (head.shift() !== "c2sp.org/tlog-proof@v1") throw new Error("no receipt");
  let opening = null;
  if (head[0]?.startsWith("extra ")) {
    const bytes = fromBase64(/** @type {string} */ (head.shift()).slice(6));
    opening = JSON.parse(new TextDecoder().decode(bytes));
  }
  const index = Number(head.shift()?.match(/^index (0|[1-9][0-9]*)$/)?.[1]);
  if (!Number.isSafeInteger(index)) throw new Error("no receipt");
  const signatures = lines.split("\n").filter(Boolean).map(signature);
  return { opening, index, hashes: head.map(fromBase64), text: `${text}\n`, signatures };
}

/** @param {string} line @returns {Signature} */
function signature(line) {
  const [dash, name, encoded] = line.split(" ");
  if (dash !== "—" || !encoded) throw new Error("no signature");
  const blob = fromBase64(encoded);
  return { name, id: toHex(blob.slice(0, 4)), blob: blob.slice(4) };
}

/** A value as canonical JSON (RFC 8785): keys in order, nothing between. @param {any} value @returns {string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${pairs.join()}}`;
}

/** The leaf that an opening commits to, as canonical JSON. @param {Opening} opening */
async function leafOf(opening) {
  const decision = JSON.parse(opening.payload);
  // A name that stands twice, or anything hidden between, would be shown as something else.
  if (canonical(decision) !== opening.payload) return null;
  const c = toBase64(await sha256("exam-commit/v1\0", fromBase64(opening.nonce), opening.payload));
  const t = Math.floor(Date.parse(decision.at) / 1000);
  return JSON.stringify({ c, exam: decision.examination, kind: decision.kind, t, v: 1 });
}

/** The root to which a leaf leads (RFC 9162, 2.1.3.2). @param {Receipt} receipt @param {number} size @param {string} leaf */
async function rootOf(receipt, size, leaf) {
  const leafMark = new Uint8Array([0]);
  const nodeMark = new Uint8Array([1]);
  let hash = await sha256(leafMark, leaf);
  let [place, last] = [receipt.index, size - 1];
  if (place > last) return null;
  for (const other of receipt.hashes) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      hash = await sha256(nodeMark, other, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256(nodeMark, hash, other);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 ? toBase64(hash) : null;
}

/** @param {string} vkey @returns {Key} */
function key(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  return { name, id, key: fromBase64(rest.join("+")).slice(1) };
}

/** Reads a policy. @param {string} text @returns {Policy} */
function policy(text) {
  const lines = text.split("\n").map((line) => line.split(/[ \t]+/).filter(Boolean));
  const of = (/** @type {string} */ word) => lines.filter((line) => line[0] === word);
  const groups = of("group").map(([, name, least, ...members]) => ({
    name,
    least: least === "any" ? 1 : least === "all" ? members.length : Number(least),
    members,
  }));
  return {
    log: key(of("log")[0][1]),
    witnesses: new Map(of("witness").map(([, name, vkey]) => [name, key(vkey)])),
    groups,
    quorum: of("quorum")[0][1],
  };
}

/** @param {Key} by @param {Uint8Array} signed @param {string} message */
async function verify(by, signed, message) {
  const imported = await crypto.subtle.importKey("raw", by.key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signed, encoder.encode(message));
}

/** Whether this key signed the checkpoint. @param {Receipt} receipt @param {Key} by @param {boolean} witness */
async function signed(receipt, by, witness) {
  for (const one of receipt.signatures) {
    if (one.name !== by.name || one.id !== by.id) continue;
    if (!witness) return verify(by, one.blob, receipt.text);
    const time = new DataView(one.blob.buffer, one.blob.byteOffset).getBigUint64(0);
    return verify(by, one.blob.slice(8), `cosignature/v1\ntime ${time}\n${receipt.text}`);
  }
  return false;
}

/** Whether those who signed are enough. @param {Policy} policy @param {string[]} names */
function enough({ groups, quorum }, names) {
  const met = new Set(names);
  for (const group of groups) {
    if (group.members.filter((member) => met.has(member)).length >= group.least) met.add(group.name);
  }
  return quorum === "none" || met.has(quorum);
}

const page = /** @type {HTMLElement} */ (document.querySelector("[data-check]"));
const input = /** @type {HTMLTextAreaElement} */ (page.querySelector("textarea"));

/** Shows how a step ended. @param {string} step @param {"good" | "bad" | "none"} outcome */
function show(step, outcome) {
  const line = /** @type {HTMLElement} */ (page.querySelector(`[data-step=${step}]`));
  line.hidden = false;
  for (const text of line.querySelectorAll("[data-when]")) {
    /** @type {HTMLElement} */ (text).hidden = /** @type {HTMLElement} */ (text).dataset.when !== outcome;
  }
}

/** @param {string} name @param {boolean} good */
function judge(name, good) {
  show(name, good ? "good" : "bad");
  return good;
}

/** A word of the page's language for one of a list, or what it stands for. @param {string} list @param {string} code */
const word = (list, code) => page.querySelector(`[data-word="${CSS.escape(`${list} ${code}`)}"]`)?.textContent ?? code;

/** A time as the other pages show it: Beijing, to the second. @param {string} at */
const beijing = (at) => new Date(at).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });

/** What was decided: in words what a person asks for, and below as it is committed to. @param {Opening} opening */
function tell(opening) {
  const decision = JSON.parse(opening.payload);
  const parts = [
    ["kind", word("kind", decision.kind)],
    ["outcome", word("outcome", decision.outcome)],
    ["at", beijing(decision.at)],
    ["role", word("role", decision.role)],
    ["reason", decision.reason],
  ];
  const list = /** @type {HTMLElement} */ (page.querySelector("[data-decision]"));
  for (const [name, text] of parts) {
    if (!text) continue;
    const term = document.createElement("dt");
    term.textContent = word("part", name);
    const detail = document.createElement("dd");
    detail.textContent = text;
    list.append(term, detail);
  }
  const raw = /** @type {HTMLElement} */ (page.querySelector("[data-raw]"));
  raw.textContent = JSON.stringify(decision, null, 2);
  told(true);
}

/** @param {boolean} is */
function told(is) {
  /** @type {HTMLElement} */ (page.querySelector("[data-told]")).hidden = !is;
}

/** @param {string} file */
async function check(file) {
  const outcome = /** @type {HTMLElement} */ (page.querySelector("[data-outcome]"));
  outcome.hidden = false;
  page.querySelector("[data-decision]")?.replaceChildren();
  told(false);
  for (const line of page.querySelectorAll("[data-step]")) /** @type {HTMLElement} */ (line).hidden = true;
  if (!file.trim()) return judge("given", false);
  let receipt;
  try {
    receipt = parse(file.trim() + "\n");
  } catch {
    judge("form", false);
    return judge("all", false);
  }
  const [origin, size, root] = receipt.text.split("\n");
  const year = origin.match(/\/log\/(\d{4})$/)?.[1];
  const answer = await fetch(`/log/${year}/policy`);
  if (!answer.ok) return judge("all", judge("key", false));
  const trusted = policy(await answer.text());
  const opened = receipt.opening !== null;
  let good = judge("form", true);
  if (receipt.opening) {
    const leaf = await leafOf(receipt.opening);
    const stands = leaf !== null && (await rootOf(receipt, Number(size), leaf)) === root;
    if (stands) tell(receipt.opening);
    good = judge("tree", stands) && good;
  } else {
    show("tree", "none");
  }
  good = judge("key", trusted.log.name === origin && (await signed(receipt, trusted.log, false))) && good;
  const names = [];
  for (const [name, by] of trusted.witnesses) if (await signed(receipt, by, true)) names.push(name);
  if (trusted.quorum === "none") show("witnesses", "none");
  else good = judge("witnesses", enough(trusted, names)) && good;
  return good && !opened ? show("all", "none") : judge("all", good);
}

page.querySelector("form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  run();
});

/** Whatever cannot be read is no receipt; only a browser without the algorithm is another matter. */
function run() {
  check(input.value).catch((error) => {
    const browser = error instanceof DOMException && error.name === "NotSupportedError";
    judge("all", judge(browser ? "browser" : "form", false));
  });
}

page.querySelector("input[type=file]")?.addEventListener("change", async (event) => {
  const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
  if (file) input.value = await file.text();
});

// From the page of a receipt: the file is fetched with the candidate's own session.
const from = new URLSearchParams(location.search).get("receipt");
if (from?.startsWith("/my/receipts/")) {
  const answer = await fetch(from);
  if (answer.ok) {
    input.value = await answer.text();
    run();
  }
}
