// The list of what can be corrected, narrowed while typing; and a last word before what was written is left.
"use strict";

function narrow(form) {
  const field = document.createElement("input");
  field.type = "search";
  field.id = "find-in-list";
  const label = document.createElement("label");
  label.htmlFor = field.id;
  label.textContent = "Find in this list";
  const box = document.createElement("div");
  box.className = "field narrowing-field";
  box.append(label, field);
  form.prepend(box);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const group of form.querySelectorAll(".choose")) {
      let left = 0;
      for (const label of group.querySelectorAll("label")) {
        const kept = label.textContent.toLowerCase().includes(wanted) || label.querySelector("input").checked;
        label.hidden = !kept;
        left += kept ? 1 : 0;
      }
      group.hidden = left === 0;
      if (group.matches("details")) group.open = wanted !== "" && left > 0;
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

document.querySelectorAll("form[data-narrowable]").forEach(narrow);

const writing = document.querySelector('form[method="post"][enctype]');
if (writing) {
  let unsent = document.querySelector(".errorlist") !== null;
  writing.addEventListener("input", () => { unsent = true; });
  writing.addEventListener("submit", () => { unsent = false; });
  window.addEventListener("beforeunload", (event) => {
    if (unsent) event.preventDefault();
  });
}
