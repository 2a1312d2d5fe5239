// What every part of the conversation page needs.
export const stage = document.querySelector(".stage");
export const id = stage.dataset.conversation;
export const channel = stage.dataset.channel;
const problem = document.getElementById("problem");

/** A sentence of the page, translated by the template; `{n}` becomes the value. */
export function words(name, n = "") {
  return (stage.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`] ?? "").replace("{n}", n);
}

/** How angry the customer is, 0 to 1. */
export const anger = () => Math.min(1, Math.max(0, Number(stage.dataset.anger) || 0));

// Storage is a comfort, not a need: private windows and full disks must not stop anybody.
function storage(of) {
  return {
    get(key) { try { return JSON.parse(of().getItem(key)) ?? undefined; } catch { return undefined; } },
    set(key, value) { try { of().setItem(key, JSON.stringify(value)); } catch { /* see above */ } },
    drop(key) { try { of().removeItem(key); } catch { /* see above */ } },
    keys() { try { return Object.keys(of()); } catch { return []; } },
  };
}
export const session = storage(() => sessionStorage);
export const local = storage(() => localStorage);

export const fresh = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** Load the conversation anew; whatever is being written is kept as a draft. */
export const again = () => location.replace(`/practice/${id}`);

export function part(page, name) {
  return page.querySelector(`template[data-part="${name}"]`);
}

/** Send a form by script; `page` is the answer as a document. */
export async function post(url, body) {
  const headers = { "X-Fragment": "1", Accept: "text/html" };
  const token = document.querySelector('meta[name="csrf"]')?.content;
  if (token) headers["X-CSRF-Token"] = token;
  const answer = await fetch(url, { method: "POST", body, headers });
  const text = await answer.text();
  const isPage = (answer.headers.get("content-type") ?? "").includes("html");
  const page = new DOMParser().parseFromString(isPage ? text : "", "text/html");
  return { ok: answer.ok && isPage, status: answer.status, page, text };
}

export function problemBox(message, remedy) {
  const box = document.createElement("div");
  box.className = "problem";
  const p = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = message;
  p.append(strong, " ", remedy);
  box.append(p);
  return box;
}

/** What went wrong, as a box: the server sends a fragment, a whole error page, or a problem detail. */
export function trouble({ status, page, text }) {
  const ready = page.querySelector(".problem");
  if (ready) return document.importNode(ready, true);
  const lead = page.querySelector(".lead");
  if (lead) return problemBox(lead.textContent, lead.nextElementSibling?.matches("p:not(:has(a))") ? lead.nextElementSibling.textContent : "");
  try {
    const { detail, remedy } = JSON.parse(text);
    if (detail) return problemBox(detail, remedy ?? "");
  } catch { /* no detail */ }
  return problemBox(words("failed", status), "");
}

export const say = (message, remedy) => problem.replaceChildren(problemBox(message, remedy));
export const showProblem = (...boxes) => problem.replaceChildren(...boxes);

/** Open a notice; resolves to whether it was agreed to. Escape and the other button mean no; the focus goes back by itself. */
export function agree(dialog) {
  return new Promise((done) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => done(dialog.returnValue === "on"), { once: true });
    dialog.showModal();
  });
}
