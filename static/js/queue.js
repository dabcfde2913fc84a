// Deciding by keyboard. Everything here can be done with the form alone.
"use strict";

const form = document.getElementById("decisions");
const changes = [...document.querySelectorAll("article.change")];
const preview = document.getElementById("preview");
const keys = document.querySelector(".keys");

function current() {
  const focused = document.activeElement.closest("article.change");
  return focused || changes.find((change) => change.classList.contains("at")) || changes[0];
}

function goTo(change) {
  if (!change) return;
  for (const other of changes) other.classList.toggle("at", other === change);
  change.focus();
  change.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const focused = document.activeElement.closest("article.change");
  goTo(focused ? changes[changes.indexOf(focused) + by] : changes[0]);
}

function choose(change, decision) {
  const radio = change?.querySelector(`input[type=radio][value=${decision}]`);
  if (radio) radio.checked = true;
  return Boolean(radio);
}

// The frame has one who sets its address, so a link that is followed at once is not overtaken by the first page.
function show(link) {
  preview.querySelector("[aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  preview.querySelector(".loading").hidden = false;
  preview.querySelector("iframe").src = link.href;
}

const does = {
  j: () => step(1),
  k: () => step(-1),
  a: () => { const change = current(); if (choose(change, "accept")) goTo(changes[changes.indexOf(change) + 1] || change); },
  r: () => { const change = current(); if (choose(change, "reject")) change.querySelector(".why input").focus(); },
  e: () => {
    const altering = current()?.querySelector("details.altering");
    if (!altering) return;
    altering.open = true;
    altering.querySelector("textarea, input:not([type=hidden]), select").focus();
  },
  p: () => { if (preview) preview.open = !preview.open; },
  "?": () => { if (keys) keys.hidden = !keys.hidden; },
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
    event.preventDefault();
    form.querySelector("button[value=decide]")?.click();
  } else if (event.key === "Escape" && typing) {
    goTo(event.target.closest("article.change"));
  } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && does[event.key]) {
    event.preventDefault();
    does[event.key]();
  }
});

// Whoever alters a value means to accept it so.
form?.addEventListener("input", (event) => {
  const change = event.target.closest("article.change");
  if (event.target.closest(".altering")) choose(change, "accept");
  if (event.target.closest(".why")) choose(change, "reject");
});
if (keys) keys.hidden = window.matchMedia("(pointer: coarse)").matches;
const showFirst = () => {
  if (preview.open && !preview.querySelector("iframe").hasAttribute("src")) show(preview.querySelector("a.differs"));
};
preview?.addEventListener("toggle", showFirst);
if (preview) showFirst(); // it may have been opened before this script was here
preview?.addEventListener("click", (event) => {
  const link = event.target.closest("a[target=preview]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link);
});
preview?.querySelector("iframe").addEventListener("load", () => { preview.querySelector(".loading").hidden = true; });
