// Rich texts. The tools stand while the markup is HTML, and write into the field that was last used.
// Without scripts an author types the tags herself; the bank says which it does not keep.
const form = document.querySelector("form[data-rich]");
const tools = form.querySelector("[data-rich-tools]");
const status = tools.querySelector("[data-rich-status]");
const markup = form.elements.namedItem("markup");
const fields = [...form.querySelectorAll("[data-rich-text]")];
let current = fields[0];

for (const field of fields) field.addEventListener("focus", () => { current = field; });

const show = () => { tools.hidden = markup.value !== "html"; };
markup.addEventListener("change", show);
show();

const write = (before, after = "") => {
  const { selectionStart: from, selectionEnd: to, value } = current;
  const inside = value.slice(from, to);
  current.setRangeText(before + inside + after, from, to, inside ? "end" : "preserve");
  const caret = from + before.length + inside.length;
  current.focus();
  current.setSelectionRange(caret, caret);
  current.dispatchEvent(new Event("input", { bubbles: true }));
};

for (const button of tools.querySelectorAll("[data-around]")) {
  const name = button.dataset.around;
  button.addEventListener("click", () => write(`<${name}>`, `</${name}>`));
}
for (const button of tools.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => write(button.dataset.insert));
}

const bank = () => form.dataset.bank || form.elements.namedItem("bank").value.trim();

const send = async (file) => {
  const body = new FormData();
  body.append("_csrf", form.elements.namedItem("_csrf").value);
  body.append("picture", file);
  const path = `/bank/${encodeURIComponent(bank())}/pictures`;
  const answer = await fetch(path, { method: "POST", body, headers: { accept: "application/problem+json, application/json" } });
  const said = await answer.json();
  if (answer.ok) return said.source;
  throw new Error(said.errors?.[0]?.detail || said.title);
};

tools.querySelector("[data-picture]").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  if (!bank()) {
    status.textContent = status.dataset.bankFirst;
    target.value = "";
    return;
  }
  status.textContent = status.dataset.sending;
  try {
    const source = await send(file);
    write(`<img src="${source}" alt="`, '">');
    status.textContent = status.dataset.describe;
  } catch (error) {
    status.textContent = `${status.dataset.failed} ${error.message}`;
  }
  target.value = "";
});
