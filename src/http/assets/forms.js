// Forms. One with data-confirm asks before it sends. A form that is refused stays as it was typed;
// what is wrong stands beside its fields, and in a list above them that leads to each. Without
// scripts a form simply sends, and a refusal is a page of its own; forms with data-plain, which
// answer with a page themselves, do so always. After a form with data-part only that part of the page
// is new: what stands half typed in other forms stays.

/**
 * @typedef {{place: string, detail: string}} Fault
 * @typedef {{title: string, errors?: Fault[]}} Refusal
 */

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  const asker = button?.dataset.confirm ?? form.dataset.confirm;
  if (asker && !window.confirm(asker)) return event.preventDefault();
  if (event.defaultPrevented || form.method !== "post" || "plain" in form.dataset) return;
  event.preventDefault();
  send(form, button);
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement | null} button */
async function send(form, button) {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  clear(form);
  const fields = new FormData(form);
  if (button?.name) fields.append(button.name, button.value);
  const files = form.enctype === "multipart/form-data";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "x-keju-form": "1" },
      body: files ? fields : new URLSearchParams(/** @type {any} */ (fields)),
    });
    const next = answer.headers.get("location");
    if (answer.ok && next) return form.dataset.part ? await renew(form.dataset.part, next) : go(next);
    if (answer.status === 401) return go(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    show(form, await answer.json());
  } catch {
    show(form, { title: document.body.dataset.offline ?? "" });
  }
  form.ariaBusy = null;
}

/** Goes on; to the page that is open, by loading it anew. @param {string} path */
function go(path) {
  const next = new URL(path, location.href);
  const same = next.pathname === location.pathname && next.search === location.search;
  if (!same) return location.assign(next);
  location.hash = next.hash;
  location.reload();
}

/**
 * Takes the part of that id from the page that follows, and what this page says was done.
 * @param {string} id @param {string} path
 */
async function renew(id, path) {
  const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
  const [part, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (!part || !fresh) return go(path);
  for (const old of document.querySelectorAll(".notice[role=status]")) old.remove();
  const said = page.querySelector("main > .notice[role=status]");
  part.replaceChildren(...fresh.childNodes);
  if (said) part.prepend(said);
  part.querySelector("textarea")?.focus();
}

/** @param {HTMLFormElement} form */
function clear(form) {
  for (const old of form.querySelectorAll("[data-refusal]")) old.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    const kept = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.startsWith("refused-"));
    if (kept.join("")) field.setAttribute("aria-describedby", kept.join(" "));
    else field.removeAttribute("aria-describedby");
  }
}

/** @param {HTMLFormElement} form @param {Refusal} refusal */
function show(form, refusal) {
  for (const old of document.querySelectorAll("main > .notice[role=status]")) old.remove();
  const summary = element("div", "problem");
  summary.role = "alert";
  summary.tabIndex = -1;
  summary.append(element("p", "", refusal.title));
  const list = element("ul", "faults");
  let first = null;
  for (const fault of refusal.errors ?? []) {
    const field = fieldOf(form, fault.place);
    if (field) mark(field, fault.detail);
    list.append(line(fault, field));
    first ??= field;
  }
  if (list.childElementCount) summary.append(list);
  form.prepend(summary);
  (first ?? summary).focus();
}

/** The visible field that a place names, be it alone (`name`) or within something (`post.code`). */
function fieldOf(/** @type {HTMLFormElement} */ form, /** @type {string} */ place) {
  const names = [place, place.split(".").pop()];
  const fields = [...form.elements].filter((field) => /** @type {HTMLInputElement} */ (field).type !== "hidden");
  const named = names.flatMap((name) => fields.filter((field) => /** @type {HTMLInputElement} */ (field).name === name));
  return /** @type {HTMLInputElement | undefined} */ (named[0]) ?? null;
}

/** @param {HTMLInputElement} field @param {string} detail */
function mark(field, detail) {
  const said = element("span", "fault", detail);
  said.id = `refused-${field.id || field.name}`;
  field.setAttribute("aria-invalid", "true");
  const before = field.getAttribute("aria-describedby");
  field.setAttribute("aria-describedby", before ? `${before} ${said.id}` : said.id);
  (field.closest("label") ?? field).after(said);
}

/**
 * A fault in the list above the form; it leads to its field.
 * @param {Fault} fault
 * @param {HTMLInputElement | null} field
 */
function line(fault, field) {
  const item = element("li");
  const name = field?.labels?.[0]?.textContent ?? fault.place;
  const place = element(field?.id ? "a" : "strong", "", name);
  if (field?.id) {
    place.setAttribute("href", `#${field.id}`);
    // A plain link would scroll to the field and not let one type in it.
    place.addEventListener("click", (event) => {
      event.preventDefault();
      field.focus();
    });
  }
  item.append(place, ` ${fault.detail}`);
  return item;
}

/** @param {string} tag @param {string} kind @param {string} text */
function element(tag, kind = "", text = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.textContent = text;
  made.dataset.refusal = "";
  return made;
}
