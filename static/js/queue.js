// Keyboard shortcuts and the preview on the page of a correction or a note. The form works without this script.
"use strict";

const form = document.getElementById("decisions");
const changes = [...document.querySelectorAll("article.change")];
const preview = document.getElementById("preview");
const legend = document.querySelector(".keys");

function currentChange() {
  const focused = document.activeElement.closest("article.change");
  return focused || changes.find((change) => change.classList.contains("at")) || changes[0];
}

function goTo(change) {
  if (!change) return;
  for (const other of changes) other.classList.toggle("at", other === change);
  change.focus();
  change.scrollIntoView({ block: "nearest" });
}

// A large correction is shown in parts. After the last change of one comes the next part, which keeps what was typed.
function goOn(offset) {
  const focused = document.activeElement.closest("article.change");
  const next = focused ? changes[changes.indexOf(focused) + offset] : changes[0];
  if (next) goTo(next);
  else document.querySelector(`.turning [data-turn="${offset}"]`)?.click();
}

function choose(change, decision) {
  const radio = change?.querySelector(`input[type=radio][value=${decision}]`);
  if (radio) radio.checked = true;
  return Boolean(radio);
}

// Only this function sets the address of the frame, so that the first page cannot replace one that was chosen later.
function showPreview(link) {
  preview.querySelector("[aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  preview.querySelector(".loading").hidden = false;
  preview.querySelector("iframe").src = link.href;
}

const shortcuts = {
  j: () => goOn(1),
  k: () => goOn(-1),
  a: () => {
    const change = currentChange();
    if (!choose(change, "accept")) return;
    goTo(change);
    goOn(1);
  },
  r: () => {
    const change = currentChange();
    if (!change) form?.querySelector("[name=comment]")?.focus();
    else if (choose(change, "reject")) change.querySelector(".why input").focus();
  },
  e: () => {
    const altering = currentChange()?.querySelector("details.altering");
    if (!altering) return;
    altering.open = true;
    altering.querySelector("textarea, input:not([type=hidden]), select").focus();
  },
  p: () => { if (preview) preview.open = !preview.open; },
  "?": () => { if (legend) legend.hidden = !legend.hidden; },
};

// What the other keys press. Where there is no change to accept or reject, it is a note.
const pressed = (key) => [...document.querySelectorAll("button[data-key]")].find((button) => button.dataset.key === key);

document.addEventListener("keydown", (event) => {
  const isTextField = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
    event.preventDefault();
    form.querySelector("button[value=decide], button[value=close]")?.click();
  } else if (event.key === "Escape" && isTextField) {
    if (event.target.closest("article.change")) goTo(event.target.closest("article.change"));
    else event.target.blur();
  } else if (!isTextField && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const button = pressed(event.key);
    const press = button ? () => button.click() : shortcuts[event.key];
    if (!press) return;
    event.preventDefault();
    press();
  }
});

// Of many rows that could be held back, often a few are meant.
document.querySelectorAll("button[data-tick]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const box of document.querySelectorAll(".holding [name=row]")) box.checked = Boolean(button.dataset.tick);
  });
});

// Editing a value selects "accept"; giving a reason selects "reject".
form?.addEventListener("input", (event) => {
  const change = event.target.closest("article.change");
  if (event.target.closest(".altering")) choose(change, "accept");
  if (event.target.closest(".why")) choose(change, "reject");
});
if (legend) legend.hidden = window.matchMedia("(pointer: coarse)").matches;
const showFirstPreview = () => {
  const isEmpty = !preview.querySelector("iframe").hasAttribute("src");
  if (preview.open && isEmpty) showPreview(preview.querySelector("a.differs"));
};
preview?.addEventListener("toggle", showFirstPreview);
if (preview) showFirstPreview(); // it may have been opened before this script was loaded
preview?.addEventListener("click", (event) => {
  const link = event.target.closest("a[target=preview]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showPreview(link);
});
preview?.querySelector("iframe").addEventListener("load", () => { preview.querySelector(".loading").hidden = true; });

// A form that came back is at the first change with a mistake, or that it asks about.
goTo(document.querySelector("article.change .errorlist, article.change .asked")?.closest("article.change"));
