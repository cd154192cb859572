// A form that is looked at while it is filled in: after each change it is sent as its button for
// looking sends it, and every place marked `data-live` takes what the answer has there. Nothing is kept
// by that; without scripts the button does the same.

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-look]"));
const PAUSE = 500;
let waiting = 0;
let asked = 0;

form.addEventListener("input", () => {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(look, PAUSE);
});

async function look() {
  const mine = ++asked;
  const fields = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  try {
    const answer = await fetch(form.dataset.look ?? "", { method: "POST", body: fields, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // An answer that a later change has overtaken says nothing any more.
    if (!answer.ok || mine !== asked) return;
    for (const place of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(place.id);
      if (fresh && fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
    }
  } catch {
    // The button still asks, and says what is wrong.
  }
}
