// Makes the conversation page livelier. Without scripts every form works by itself.
const stage = document.querySelector(".stage");
const id = stage.dataset.conversation;
const form = document.getElementById("composer");
const log = document.getElementById("log");
const problem = document.getElementById("problem");
const typing = document.getElementById("typing");

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

function say(message, remedy) {
  const box = document.createElement("div");
  box.className = "problem";
  const p = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = message;
  p.append(strong, " ", remedy);
  box.append(p);
  problem.replaceChildren(box);
}

// The draft survives a lost network, a reload and the back button. Its id makes sending it twice harmless.
const key = `draft ${id}`;
const keep = (draft) => { try { sessionStorage.setItem(key, JSON.stringify(draft)); } catch { /* storage is a comfort, not a need */ } };
const forget = () => { try { sessionStorage.removeItem(key); } catch { /* see above */ } };
function kept() {
  try { return JSON.parse(sessionStorage.getItem(key)) ?? {}; } catch { return {}; }
}
const fresh = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

async function post(url, body) {
  const answer = await fetch(url, { method: "POST", body, headers: { "X-Fragment": "1", Accept: "text/html" } });
  return { ok: answer.ok, status: answer.status, html: await answer.text() };
}

if (form) {
  const box = form.querySelector("textarea");
  const button = form.querySelector("button");
  const count = document.getElementById("count");
  const limit = Number(box.dataset.limit);
  const isMail = stage.dataset.channel === "email";
  let sending = false;
  if (!box.value && kept().text) box.value = kept().text;

  const length = () => {
    const over = box.value.length - limit;
    count.textContent = over > 0 ? `${over} Zeichen zu viel` : box.value.length > limit * 0.9 ? `noch ${-over} Zeichen` : "";
  };
  box.addEventListener("input", () => { keep({ text: box.value }); length(); });
  length();

  box.addEventListener("keydown", (event) => {
    const send = isMail ? event.ctrlKey || event.metaKey : !event.shiftKey;
    if (event.key === "Enter" && send && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    button.disabled = true;
    typing.hidden = false;
    problem.replaceChildren();
    const draft = { text: box.value, messageId: kept().messageId ?? fresh() };
    keep(draft);
    const body = new FormData();
    body.set("text", draft.text);
    body.set("message_id", draft.messageId);
    try {
      const answer = await post(form.action, body);
      const page = parse(answer.html);
      if (answer.ok) {
        forget();
        box.value = "";
        length();
        show(page);
      } else {
        keep({ text: box.value });
        problem.replaceChildren(...page.body.childNodes);
      }
    } catch {
      say("Keine Verbindung.", "Ihr Text steht noch im Feld. Bitte gleich noch einmal senden.");
    } finally {
      sending = false;
      button.disabled = false;
      typing.hidden = true;
      if (form.isConnected) box.focus();
    }
  });
}

function part(page, name) {
  return page.querySelector(`template[data-part="${name}"]`)?.content;
}

function show(page) {
  const turn = part(page, "turn");
  for (const message of turn.children) message.classList.add("new");
  log.append(turn);
  document.getElementById("status").replaceChildren(part(page, "status"));
  log.lastElementChild.scrollIntoView({ block: "nearest" });
  const ended = part(page, "ended");
  if (ended) {
    document.querySelector(".finish")?.remove();
    document.querySelector(".desk")?.remove();
    document.getElementById("desk-open")?.remove();
    form.replaceWith(ended);
    document.getElementById("ended").focus();
  }
}

// --- the desk: tabs, results, toasts, a drawer on narrow screens ---
const desk = document.getElementById("desk");
const toasts = document.getElementById("toasts");

function toast(text) {
  const box = document.createElement("div");
  box.className = "toast";
  const p = document.createElement("p");
  p.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet";
  close.textContent = "Schließen";
  close.addEventListener("click", () => box.remove());
  box.append(p, close);
  toasts.append(box);
  while (toasts.children.length > 3) toasts.firstElementChild.remove();
}

if (desk) {
  const list = desk.querySelector(".tabs");
  const panels = [...desk.querySelectorAll(".panel")];
  const tabs = panels.map((panel, i) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.role = "tab";
    tab.id = `tab-${i + 1}`;
    tab.textContent = panel.dataset.title;
    tab.setAttribute("aria-controls", panel.id);
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", tab.id);
    panel.querySelector("h3").hidden = true;
    tab.addEventListener("click", () => choose(i));
    list.append(tab);
    return tab;
  });
  const tabKey = `tab ${id}`;
  function choose(i) {
    tabs.forEach((tab, j) => {
      tab.setAttribute("aria-selected", String(i === j));
      tab.tabIndex = i === j ? 0 : -1;
      panels[j].hidden = i !== j;
    });
    try { sessionStorage.setItem(tabKey, String(i)); } catch { /* a comfort */ }
  }
  list.addEventListener("keydown", (event) => {
    const now = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    choose(next);
    tabs[next].focus();
  });
  list.hidden = false;
  const withResult = panels.findIndex((panel) => panel.querySelector(".tool-result"));
  let first = 0;
  try { first = Number(sessionStorage.getItem(tabKey)) || 0; } catch { /* a comfort */ }
  choose(withResult >= 0 ? withResult : Math.min(first, tabs.length - 1));

  // A drawer on narrow screens.
  const open = document.getElementById("desk-open");
  const close = document.getElementById("desk-close");
  const narrow = matchMedia("(max-width: 60rem)");
  const drawer = (out) => {
    desk.classList.toggle("out", out);
    open.setAttribute("aria-expanded", String(out));
    if (out) tabs.find((tab) => tab.tabIndex === 0).focus();
    else if (narrow.matches) open.focus();
  };
  const fit = () => {
    document.body.classList.toggle("drawer", narrow.matches);
    open.hidden = close.hidden = !narrow.matches;
    if (!narrow.matches) desk.classList.remove("out");
  };
  open.addEventListener("click", () => drawer(!desk.classList.contains("out")));
  close.addEventListener("click", () => drawer(false));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && desk.classList.contains("out")) drawer(false); });
  narrow.addEventListener("change", fit);
  fit();

  const lively = (root) => {
    for (const tool of root.querySelectorAll(".tool-form")) tool.addEventListener("submit", use);
    for (const button of root.querySelectorAll(".take-draft")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const box = form?.querySelector("textarea");
        if (!box) return;
        const draft = button.parentElement.querySelector("blockquote").textContent;
        box.value = box.value.trim() ? `${box.value.trim()} ${draft}` : draft;
        box.dispatchEvent(new Event("input"));
        if (narrow.matches) drawer(false);
        box.focus();
      });
    }
  };

  async function use(event) {
    event.preventDefault();
    const tool = event.currentTarget;
    const button = tool.querySelector("button");
    const shown = document.getElementById(`shown-${tool.dataset.panel}`);
    button.disabled = true;
    try {
      const answer = await post(tool.action, new FormData(tool));
      const page = parse(answer.html);
      const failed = page.querySelector(".fault-text, .problem");
      if (failed) toast(failed.textContent.trim());
      const note = part(page, "note");
      if (note) {
        const item = document.createElement("li");
        item.append(note);
        document.getElementById("notes").append(item);
      }
      shown.replaceChildren(...[...page.body.children].filter((child) => child.tagName !== "TEMPLATE"));
      lively(shown);
      if (!tool.isConnected) shown.focus(); // the button that was pressed has been replaced by the result
      if (answer.ok && !failed) tool.reset();
      shown.scrollIntoView({ block: "nearest" });
    } catch {
      toast("Keine Verbindung. Das Werkzeug hat nicht geantwortet, bitte noch einmal versuchen.");
    } finally {
      button.disabled = false;
    }
  }
  lively(desk);
}
