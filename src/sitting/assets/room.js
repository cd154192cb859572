// @ts-check
// The exam room. Every change is sent at once; "saved" is shown only after the server has said so.
// What could not be sent waits in this browser's storage, survives a reload, and is sent again.

/**
 * @typedef {{kind: "options", chosen: number[]} | {kind: "judgement", holds: boolean} | {kind: "places", chosen: (number | null)[]} | {kind: "text", text: string}} Answer
 * @typedef {{answer: Answer | null, flagged: boolean, revision: number}} Change
 * @typedef {Change & {saved_at: string}} Saved
 * @typedef {{attempt: string, now: string, closes_at: string, texts: Record<string, string>}} RoomData
 */

const room = element("room");
/** @type {RoomData} */
const data = JSON.parse(room.dataset.room ?? "{}");
const address = `/api/v1/attempts/${data.attempt}`;

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** A message with its blanks filled in. @param {string} key @param {...(string | number)} values */
function say(key, ...values) {
  const [one = "", two = ""] = values.map(String);
  return data.texts[key].replace("{one}", one).replace("{two}", two);
}

// ---- The clock: the server's, carried on by this machine's steady counter, never by its date ----

const clock = {
  now: Date.parse(data.now),
  at: performance.now(),
  closes: Date.parse(data.closes_at),

  /** Milliseconds left. */
  left() {
    return this.closes - (this.now + performance.now() - this.at);
  },

  /** Asks the server again; half of the way there and back counts as the way back. */
  async ask() {
    const sent = performance.now();
    try {
      const answer = await fetch("/api/v1/clock", { cache: "no-store" });
      if (!answer.ok) return;
      const { now } = await answer.json();
      this.at = performance.now();
      this.now = Date.parse(now) + (this.at - sent) / 2;
    } catch {
      // No network: the counter goes on.
    }
  },
};

/** Minutes before the end at which the time left is announced. */
const ANNOUNCED = [30, 10, 5, 1];
let minutesBefore = clock.left() / 60_000;
let over = false;

function tick() {
  const left = Math.max(0, clock.left());
  const seconds = Math.ceil(left / 1000);
  const part = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  element("clock").textContent = `${part(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}`;
  const minutes = left / 60_000;
  const passed = ANNOUNCED.filter((mark) => minutes <= mark && minutesBefore > mark);
  if (passed.length > 0) element("announcer").textContent = say("minutes-left", Math.min(...passed));
  element("clock").classList.toggle("short", minutes <= 5);
  minutesBefore = minutes;
  // What is still being typed goes out before the end, not after it.
  if (left < 2500) for (const question of questions) question.settle();
  if (left === 0 && !over) timeIsOver();
}

function timeIsOver() {
  over = true;
  for (const question of questions) question.disable();
  element("announcer").textContent = say("time-over");
  showSaved();
  // Saves under way may still return; the server then shows what became of the script.
  setTimeout(() => location.reload(), 4000);
}

// ---- The queue: what the server does not have yet ----

class Queue {
  constructor() {
    this.key = `keju:attempt:${data.attempt}`;
    /** @type {Map<number, Change>} */
    this.waiting = new Map(this.read());
    this.failures = 0;
    this.sending = false;
    this.signedOut = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** @returns {[number, Change][]} */
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "[]");
    } catch {
      return [];
    }
  }

  write() {
    try {
      if (this.waiting.size === 0) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify([...this.waiting]));
    } catch {
      // Storage is full or forbidden: the queue still stands in memory.
    }
  }

  /** @param {number} position @param {Change} change */
  put(position, change) {
    this.waiting.set(position, change);
    this.write();
    showSaved();
    void this.send();
  }

  /** @param {number} position @param {Change} sent */
  remove(position, sent) {
    // A change made while this one was on its way stays.
    if (this.waiting.get(position)?.revision === sent.revision) this.waiting.delete(position);
    this.write();
  }

  retryNow() {
    clearTimeout(this.timer);
    void this.send();
  }

  /** Sends one change after the other until none is left or one fails. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (let next = this.next(); next; next = this.next()) await this.sendOne(...next);
      this.failures = 0;
      this.signedOut = false;
    } catch {
      this.failures += 1;
      const seconds = Math.min(30, 2 ** (this.failures - 1));
      this.timer = setTimeout(() => void this.send(), seconds * 1000);
    } finally {
      this.sending = false;
      showSaved();
    }
  }

  /** @returns {[number, Change] | undefined} */
  next() {
    return this.waiting.entries().next().value;
  }

  /** @param {number} position @param {Change} change */
  async sendOne(position, change) {
    const answer = await fetch(`${address}/responses/${position}`, {
      method: "PUT",
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(change),
      signal: AbortSignal.timeout(15_000),
    });
    if (answer.ok) return this.settled(position, change, await answer.json());
    this.signedOut = answer.status === 401;
    const refused = [400, 404, 409, 413, 422].includes(answer.status);
    if (!refused) throw new Error(`the server answered ${answer.status}`);
    const problem = await answer.json().catch(() => ({}));
    this.remove(position, change);
    if (answer.status === 409) return timeIsOver();
    byPosition.get(position)?.refuse(problem.errors?.[0]?.detail ?? problem.title ?? "");
  }

  /** @param {number} position @param {Change} sent @param {Saved} stored */
  settled(position, sent, stored) {
    this.remove(position, sent);
    const question = byPosition.get(position);
    if (!question) return;
    question.revision = Math.max(question.revision, stored.revision);
    // Another window was ahead. What stands on this screen is what its candidate sees, so it is
    // sent again as the newest.
    if (!sameAnswer(sent, stored) && !this.waiting.has(position)) question.change();
  }
}

/** @param {Change} one @param {Change} other */
function sameAnswer(one, other) {
  const text = (/** @type {Change} */ { answer, flagged }) =>
    JSON.stringify([isBlank(answer) ? null : Object.entries(answer ?? {}).sort(), flagged]);
  return text(one) === text(other);
}

/** As the server sees it. @param {Answer | null} answer */
function isBlank(answer) {
  if (!answer) return true;
  if (answer.kind === "options") return answer.chosen.length === 0;
  if (answer.kind === "places") return answer.chosen.every((place) => place === null);
  return answer.kind === "text" && answer.text.trim() === "";
}

function showSaved() {
  const tag = element("saved");
  const [kind, text] = savedState();
  tag.className = `tag ${kind}`;
  if (tag.textContent !== text) tag.textContent = text;
}

/** @returns {[string, string]} */
function savedState() {
  const waiting = queue.waiting.size;
  if (over) return ["bad", say("time-over")];
  if (queue.signedOut && waiting > 0) return ["bad", say("signed-out")];
  if (queue.failures > 0 && waiting > 0) return ["bad", say("not-saved", waiting)];
  if (waiting > 0 || questions.some((question) => question.typing)) return ["wait", say("saving")];
  return ["good", say("saved")];
}

// ---- Questions ----

class Question {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.position = Number(section.dataset.position);
    this.kind = section.dataset.kind ?? "";
    this.revision = Number(section.dataset.revision);
    this.flagged = section.dataset.flagged === "true";
    this.typing = false;
    this.refused = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */
    this.fields = [...section.querySelectorAll("input, textarea, select")].map((field) => /** @type {HTMLInputElement} */ (field));
    this.number = /** @type {HTMLElement} */ (room.querySelector(`[data-goto="${this.position}"]`));
    this.listen();
    this.paint();
  }

  listen() {
    const typed = ["essay", "fill_in", "numeric"].includes(this.kind);
    for (const field of this.fields) {
      field.addEventListener(typed ? "input" : "change", () => (typed ? this.type() : this.change()));
      field.addEventListener("blur", () => this.settle());
    }
    this.section.querySelector("[data-flag]")?.addEventListener("click", () => {
      this.flagged = !this.flagged;
      this.change();
    });
    this.section.querySelector("[data-clear]")?.addEventListener("click", () => {
      this.restore(null);
      this.change();
    });
    for (const button of this.section.querySelectorAll("[data-step]")) {
      const step = Number(/** @type {HTMLElement} */ (button).dataset.step);
      button.addEventListener("click", () => goTo(this.position + step, true));
    }
  }

  /** @returns {Answer | null} */
  answer() {
    const text = this.fields[0]?.value ?? "";
    const checked = this.fields.filter((field) => /** @type {HTMLInputElement} */ (field).checked).map((field) => field.value);
    switch (this.kind) {
      case "essay":
      case "fill_in":
      case "numeric":
        return text.trim() === "" ? null : { kind: "text", text };
      case "matching":
      case "ordering": {
        const chosen = this.fields.map((field) => (field.value === "" ? null : Number(field.value)));
        return chosen.every((place) => place === null) ? null : { kind: "places", chosen };
      }
      case "true_false":
        return checked.length === 0 ? null : { kind: "judgement", holds: checked[0] === "true" };
      default:
        return checked.length === 0 ? null : { kind: "options", chosen: checked.map(Number).sort((a, b) => a - b) };
    }
  }

  /** Puts an answer on the screen. @param {Answer | null} answer */
  restore(answer) {
    const values = answer?.kind === "options" ? answer.chosen.map(String) : answer?.kind === "judgement" ? [String(answer.holds)] : [];
    for (const [row, field] of this.fields.entries()) {
      if (answer?.kind === "places") field.value = String(answer.chosen[row] ?? "");
      else if (field.type === "radio" || field.type === "checkbox") /** @type {HTMLInputElement} */ (field).checked = values.includes(field.value);
      else field.value = answer?.kind === "text" ? answer.text : "";
    }
  }

  /** Text is sent when the candidate pauses for a second. */
  type() {
    this.typing = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), 1000);
    this.paint();
    showSaved();
  }

  settle() {
    if (this.typing) this.change();
  }

  /** Queues what stands on the screen as the newest revision. */
  change() {
    clearTimeout(this.timer);
    this.typing = false;
    this.refused = false;
    if (over) return;
    this.revision += 1;
    queue.put(this.position, { answer: this.answer(), flagged: this.flagged, revision: this.revision });
    this.paint();
  }

  /** @param {string} why */
  refuse(why) {
    this.refused = true;
    const fault = /** @type {HTMLElement} */ (this.section.querySelector("[data-fault]"));
    fault.textContent = say("refused", why);
    this.paint();
  }

  paint() {
    const answered = this.answer() !== null;
    const current = !this.section.hidden;
    this.number.classList.toggle("answered", answered);
    this.number.classList.toggle("flagged", this.flagged);
    if (current) this.number.setAttribute("aria-current", "true");
    else this.number.removeAttribute("aria-current");
    const words = [answered ? say("answered") : say("unanswered")];
    if (this.flagged) words.push(say("flagged"));
    const state = this.number.querySelector("[data-state]");
    if (state) state.textContent = `, ${words.join(", ")}`;
    const flag = this.section.querySelector("[data-flag]");
    flag?.setAttribute("aria-pressed", String(this.flagged));
    const fault = /** @type {HTMLElement} */ (this.section.querySelector("[data-fault]"));
    fault.hidden = !this.refused;
    this.count();
  }

  /** Characters without blanks, as the server counts them. */
  count() {
    const counter = this.section.querySelector("[data-count]");
    if (!counter) return;
    const written = [...(this.fields[0]?.value ?? "").replace(/\s/gu, "")].length;
    const max = Number(this.section.dataset.max);
    counter.textContent = say("characters", written, max);
    counter.classList.toggle("too-many", written > max);
  }

  disable() {
    for (const field of this.fields) field.disabled = true;
  }
}

/** Shows a question and its material. @param {number} position @param {boolean} focus */
function goTo(position, focus) {
  const question = byPosition.get(position);
  if (!question) return;
  for (const other of questions) {
    other.settle();
    other.section.hidden = other !== question;
  }
  for (const other of questions) other.paint();
  const code = question.section.dataset.ofStimulus;
  for (const stimulus of room.querySelectorAll("[data-stimulus]")) {
    /** @type {HTMLElement} */ (stimulus).hidden = /** @type {HTMLElement} */ (stimulus).dataset.stimulus !== code;
  }
  element("room-body").classList.toggle("with-stimulus", code !== undefined);
  for (const button of question.section.querySelectorAll("[data-step]")) {
    const step = Number(/** @type {HTMLElement} */ (button).dataset.step);
    /** @type {HTMLButtonElement} */ (button).disabled = !byPosition.has(position + step);
  }
  history.replaceState(null, "", `#${position}`);
  if (focus) element(`q${position}`).focus();
}

// ---- Handing in ----

function askToHandIn() {
  for (const question of questions) question.settle();
  const blank = questions.filter((question) => question.answer() === null).length;
  const flagged = questions.filter((question) => question.flagged).length;
  const lines = [say("summary-unanswered", blank), say("summary-flagged", flagged)];
  element("summary").replaceChildren(...lines.map(item));
  element("confirm-fault").hidden = true;
  /** @type {HTMLDialogElement} */ (element("confirm")).showModal();
}

/** @param {string} text */
function item(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

async function handIn() {
  const yes = /** @type {HTMLButtonElement} */ (element("confirm-yes"));
  yes.disabled = true;
  try {
    queue.retryNow();
    for (let turn = 0; turn < 20 && queue.waiting.size > 0; turn += 1) await pause(250);
    if (queue.waiting.size > 0) return handInFault(say("summary-unsaved", queue.waiting.size));
    const answer = await fetch(`${address}/hand-in`, { method: "POST", credentials: "same-origin" });
    if (!answer.ok) return handInFault(say("hand-in-failed"));
    location.reload();
  } catch {
    handInFault(say("hand-in-failed"));
  } finally {
    yes.disabled = false;
  }
}

/** @param {string} text */
function handInFault(text) {
  const fault = element("confirm-fault");
  fault.textContent = text;
  fault.hidden = false;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// ---- The beginning ----

const queue = new Queue();
const questions = [...room.querySelectorAll(".question")].map((section) => new Question(/** @type {HTMLElement} */ (section)));
const byPosition = new Map(questions.map((question) => [question.position, question]));

// What this browser could not send the last time, unless the server has something newer.
for (const [position, change] of queue.waiting) {
  const question = byPosition.get(position);
  if (!question || change.revision <= question.revision) {
    queue.waiting.delete(position);
    continue;
  }
  question.restore(change.answer);
  question.flagged = change.flagged;
  question.revision = change.revision;
  question.paint();
}
queue.write();

for (const button of room.querySelectorAll("[data-goto]")) {
  button.addEventListener("click", () => goTo(Number(/** @type {HTMLElement} */ (button).dataset.goto), true));
}
element("hand-in").addEventListener("click", askToHandIn);
element("confirm-yes").addEventListener("click", () => void handIn());
element("confirm-no").addEventListener("click", () => /** @type {HTMLDialogElement} */ (element("confirm")).close());
addEventListener("online", () => queue.retryNow());
addEventListener("visibilitychange", () => {
  if (document.hidden) for (const question of questions) question.settle();
  else void clock.ask();
});
addEventListener("beforeunload", (event) => {
  for (const question of questions) question.settle();
  if (queue.waiting.size > 0 && !over) event.preventDefault();
});

room.hidden = false;
const asked = Number(location.hash.slice(1));
goTo(byPosition.has(asked) ? asked : (questions[0]?.position ?? 1), false);
showSaved();
void queue.send();
void clock.ask();
setInterval(() => void clock.ask(), 120_000);
tick();
setInterval(tick, 500);
