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
    form.replaceWith(ended);
    document.getElementById("ended").focus();
  }
}

for (const tool of document.querySelectorAll(".tool-form")) {
  tool.addEventListener("submit", async (event) => {
    event.preventDefault();
    const result = document.getElementById("tool-result");
    try {
      const answer = await post(tool.action, new FormData(tool));
      result.replaceChildren(...parse(answer.html).body.childNodes);
      result.scrollIntoView({ block: "nearest" });
    } catch {
      say("Keine Verbindung.", "Das Werkzeug hat nicht geantwortet. Bitte noch einmal versuchen.");
    }
  });
}
