// Makes a custodian's secret on her or his own machine and the commitment to it. The secret leaves
// the page only by the hand of its owner: as a file, or on paper.

const encoder = new TextEncoder();

/** A length as eight bytes, big end first. @param {number} number */
function be64(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(4, number);
  return bytes;
}

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** SHA-256("draw-secret/1\0" ‖ lp(draw) ‖ be64(number) ‖ secret)
 * @param {string} draw @param {number} number @param {Uint8Array} secret */
async function commitment(draw, number, secret) {
  const name = encoder.encode(draw);
  const parts = [encoder.encode("draw-secret/1\0"), be64(name.length), name, be64(number), secret];
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-secret]"));
// WebCrypto is there only on a page that came safely; elsewhere the command makes the secret.
if (form && window.isSecureContext) {
  const make = /** @type {HTMLButtonElement} */ (form.querySelector("[data-make]"));
  const shown = /** @type {HTMLElement} */ (form.querySelector("[data-shown]"));
  const text = /** @type {HTMLElement} */ (form.querySelector("[data-text]"));
  const file = /** @type {HTMLAnchorElement} */ (form.querySelector("[data-file]"));
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("commitment"));
  make.hidden = false;
  make.addEventListener("click", async () => {
    const draw = form.dataset.draw ?? "";
    const number = Number(form.dataset.number);
    const secret = crypto.getRandomValues(new Uint8Array(32));
    field.value = toHex(await commitment(draw, number, secret));
    text.textContent = toHex(secret);
    const content = `${draw}\ncustodian ${number}\nsecret ${toHex(secret)}\ncommitment ${field.value}\n`;
    if (file.href) URL.revokeObjectURL(file.href);
    file.href = URL.createObjectURL(new Blob([content], { type: "text/plain" }));
    file.download = `${draw.replaceAll("/", "-")}-${number}.txt`;
    shown.hidden = false;
    text.focus();
  });
}
