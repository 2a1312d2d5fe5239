// The desk: tabs, results, toasts, a drawer on narrow screens.
import { id, part, post, session, trouble, words } from "./common.js";
import { box } from "./composer.js";

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
  close.textContent = words("close");
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
    session.set(tabKey, i);
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
  choose(withResult >= 0 ? withResult : Math.min(Number(session.get(tabKey)) || 0, tabs.length - 1));

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
        if (!box?.isConnected) return;
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
      const { page } = answer;
      const wrong = answer.ok ? null : trouble(answer);
      const failed = wrong ?? page.querySelector(".fault-text, .problem");
      if (failed) toast(failed.textContent.trim());
      const note = part(page, "note")?.content;
      if (note) {
        const item = document.createElement("li");
        item.append(note);
        document.getElementById("notes").append(item);
      }
      shown.replaceChildren(...(wrong ? [wrong] : [...page.body.children].filter((child) => child.tagName !== "TEMPLATE")));
      lively(shown);
      if (!tool.isConnected) shown.focus(); // the button that was pressed has been replaced by the result
      if (answer.ok && !failed) tool.reset();
      shown.scrollIntoView({ block: "nearest" });
    } catch {
      toast(words("toolOffline"));
    } finally {
      button.disabled = false;
    }
  }
  lively(desk);
}
