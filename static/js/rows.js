// The page of what an episode reveals: adds an empty row in place, and warns before unsaved text is lost. The form
// works without this script.
"use strict";

function addRow(section) {
  const total = section.querySelector("input[name$=-TOTAL_FORMS]");
  const template = section.querySelector("template");
  const container = document.createElement("div");
  container.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
  const row = container.firstElementChild;
  section.insertBefore(row, section.querySelector("button[name=_more]"));
  total.value = Number(total.value) + 1;
  row.querySelector("input, textarea, select").focus();
}

for (const section of document.querySelectorAll("[data-rows]")) {
  const button = section.querySelector("button[name=_more]");
  button.textContent = "One more";
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addRow(section);
  });
}

for (const link of document.querySelectorAll(".jumps a")) {
  const section = document.querySelector(link.hash).closest("details");
  if (section) link.addEventListener("click", () => { section.open = true; });
}

const form = document.querySelector("form[data-writing]");
let unsaved = form.querySelector(".errornote") !== null;
form.addEventListener("input", () => { unsaved = true; });
form.addEventListener("submit", () => { unsaved = false; });
form.addEventListener("draft:kept", () => { unsaved = false; });
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
