// The box in which the trainee writes, and what comes back.
import { again, anger, channel, fresh, id, local, part, post, say, session, showProblem, stage, trouble, words } from "./common.js";
import { appear, flush } from "./bubbles.js";

const form = document.getElementById("composer");
const log = document.getElementById("log");
const typing = document.getElementById("typing");
const button = form?.querySelector("button:not([type])");
export const box = document.getElementById("text");

// The draft survives a lost network, a reload, the back button and a closed tab. Its id makes sending it twice harmless.
const key = `draft ${id}`;
const OLD = 30 * 86_400_000;
function keep(draft) {
  session.set(key, draft);
  local.set(key, { ...draft, at: Date.now() });
}
function forget() {
  session.drop(key);
  local.drop(key);
}
const kept = () => session.get(key) ?? local.get(key) ?? {};

let sending = false;
const locks = new Set();
const refresh = () => { button.disabled = sending || locks.size > 0; };
export const isSending = () => sending;

/** Forbid sending for a reason, or allow it again. */
export function lock(reason, on) {
  if (on) locks.add(reason);
  else locks.delete(reason);
  refresh();
}

function reloadLink() {
  const p = document.createElement("p");
  const link = document.createElement("a");
  link.href = `/practice/${id}`;
  link.textContent = words("reload");
  p.append(link);
  return p;
}

/** Send a reply; returns the answer, or null when it was not taken. Quietly: without a word when there is no connection. */
async function send({ text, messageId }, quietly = false) {
  sending = true;
  refresh();
  typing.hidden = false;
  const body = new FormData();
  body.set("text", text);
  body.set("message_id", messageId);
  try {
    const answer = await post(form.action, body);
    if (answer.ok) {
      showProblem();
      return answer.page;
    }
    const found = trouble(answer);
    if (answer.status === 409) found.append(reloadLink());
    showProblem(found);
  } catch {
    if (!quietly) say(words("offline"), words("kept"));
  } finally {
    sending = false;
    refresh();
    typing.hidden = true;
  }
  return null;
}

/** Reply with silence. The box is empty then, and the focus stays where it is. */
export async function silence() {
  const page = await send({ text: "…", messageId: fresh() }, true);
  if (page) await show(page);
}

async function show(page) {
  const turn = part(page, "turn");
  const customer = turn.content.querySelector(".customer");
  const messages = turn.content.querySelectorAll(".message");
  const last = [...log.querySelectorAll(".message.customer")].at(-1);
  const number = (message) => Number(message.id.replace("turn-", ""));
  if (number(customer) > number(last) + 1) return again(); // another tab has gone on meanwhile
  stage.dataset.anger = turn.dataset.anger;
  if (!document.getElementById(customer.id)) {
    for (const message of messages) message.classList.add("new");
    const put = (message) => {
      log.append(message);
      message.scrollIntoView({ block: "nearest" });
    };
    const mine = turn.content.querySelector(".trainee");
    if (mine) put(mine);
    if (channel === "chat") await appear(customer, () => put(customer), typing, anger());
    else put(customer);
    customer.scrollIntoView({ block: "nearest" });
    stage.dispatchEvent(new CustomEvent("customer", { detail: customer }));
  }
  document.getElementById("status").replaceChildren(part(page, "status").content);
  const hints = part(page, "hints");
  if (hints) document.getElementById("hints")?.replaceChildren(hints.content);
  const ended = part(page, "ended");
  if (ended) end(ended.content);
}

function end(ended) {
  for (const selector of [".finish", ".desk", "#desk-open", "#hints"]) document.querySelector(selector)?.remove();
  document.body.classList.remove("drawer");
  forget();
  form.replaceWith(ended);
  stage.dispatchEvent(new CustomEvent("ended"));
  document.getElementById("ended").focus();
}

if (form) {
  const count = document.getElementById("count");
  const limit = Number(box.dataset.limit);
  if (!box.value && kept().text) box.value = kept().text;
  box.setSelectionRange(box.value.length, box.value.length);

  const length = () => {
    const over = box.value.length - limit;
    count.textContent = over > 0 ? words("tooLong", over) : box.value.length > limit * 0.9 ? words("left", -over) : "";
  };
  const changed = () => {
    if (box.value) keep({ text: box.value });
    else forget();
    length();
  };
  box.addEventListener("input", changed);
  length();

  box.addEventListener("keydown", (event) => {
    const go = channel === "email" ? event.ctrlKey || event.metaKey : !event.shiftKey;
    if (event.key === "Enter" && go && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    if (locks.size) return say(words("held"), words("heldFirst"));
    sending = true;
    flush();
    await null; // what was still being typed is on the page now, the end of the conversation too
    sending = false;
    if (!form.isConnected) return;
    const before = kept();
    const draft = { text: box.value, messageId: before.text === box.value && before.messageId ? before.messageId : fresh() };
    keep(draft);
    stage.dispatchEvent(new CustomEvent("sending"));
    const page = await send(draft);
    const focused = document.activeElement;
    if (page) {
      box.value = box.value.startsWith(draft.text) ? box.value.slice(draft.text.length).trimStart() : box.value;
      changed();
      if (channel === "chat" && form.contains(focused)) box.focus(); // the next line can be written while the customer types
      await show(page);
    }
    if (form.isConnected && (focused === document.body || form.contains(focused))) box.focus();
  });
} else forget();

for (const old of local.keys().filter((name) => name.startsWith("draft "))) {
  if (!(Date.now() - local.get(old)?.at < OLD)) local.drop(old);
}
