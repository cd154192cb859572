// The blueprint editor: after each change the form is looked at again, and what the bank can give
// stands beside the cells. Nothing is set by that; without scripts the button does the same.

const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-editor]"));
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
  fields.set("act", "check");
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // An answer that a later change has overtaken says nothing any more.
    if (!answer.ok || mine !== asked) return;
    for (const place of form.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(place.id);
      if (fresh && fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
    }
  } catch {
    // The button still asks, and says what is wrong.
  }
}
