// Shows what a file would bring before it is imported. The form keeps the file meanwhile, so that
// nobody has to choose it twice, and another file begins again.

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-import]"));
const shown = /** @type {HTMLElement} */ (document.querySelector("[data-preview]"));
const preview = /** @type {HTMLButtonElement} */ (form.querySelector("[data-do-preview]"));
const from = /** @type {HTMLInputElement} */ (form.querySelector("[name=from]"));
const confirmed = /** @type {HTMLButtonElement} */ (form.querySelector("[data-do-import]"));

/** @param {boolean} may */
function mayImport(may) {
  confirmed.hidden = !may;
}

async function look() {
  preview.disabled = true;
  shown.textContent = shown.dataset.reading ?? "";
  try {
    const answer = await fetch("/bank/imports/preview", { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const body = page.querySelector("[data-preview-body]") ?? page.querySelector("main");
    shown.replaceChildren(...(body?.childNodes ?? []));
    for (const pages of shown.querySelectorAll("[data-preview-pages]")) pages.removeAttribute("hidden");
    mayImport(answer.ok);
  } catch {
    shown.textContent = shown.dataset.failed ?? "";
  } finally {
    preview.disabled = false;
  }
  shown.focus();
}

mayImport(false);
form.addEventListener("input", () => {
  mayImport(false);
  shown.replaceChildren();
});
shown.addEventListener("click", (event) => {
  const turn = /** @type {HTMLElement} */ (event.target).closest("[data-preview-from]");
  if (!(turn instanceof HTMLElement)) return;
  from.value = turn.dataset.previewFrom ?? "1";
  void look();
});
preview.addEventListener("click", (event) => {
  event.preventDefault();
  if (form.reportValidity()) void look();
});
