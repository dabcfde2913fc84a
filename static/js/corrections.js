// The list of what can be corrected, narrowed while typing; and a question before what was written is left.

function narrow(form) {
  const box = document.createElement("div");
  box.className = "field";
  const label = document.createElement("label");
  const field = document.createElement("input");
  field.type = "search";
  field.id = label.htmlFor = "find-in-list";
  label.textContent = "Find in this list";
  box.append(label, field);
  form.prepend(box);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const group of form.querySelectorAll(".choose")) {
      let left = 0;
      for (const choice of group.querySelectorAll("label")) {
        choice.hidden = !(choice.textContent.toLowerCase().includes(wanted) || choice.querySelector("input").checked);
        left += choice.hidden ? 0 : 1;
      }
      group.hidden = left === 0;
      if (group.matches("details")) group.open = wanted !== "" && left > 0;
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

let unsent = false;

function setUp() {
  document.querySelectorAll("form[data-narrowable]").forEach((form) => {
    if (!form.querySelector("#find-in-list")) narrow(form);
  });
  const writing = document.querySelector("form[data-writing]");
  unsent = writing !== null && document.querySelector("main .errorlist") !== null;
  writing?.addEventListener("input", () => { unsent = true; });
  writing?.addEventListener("submit", () => { unsent = false; });
}

window.addEventListener("beforeunload", (event) => {
  if (unsent) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  const elsewhere = !event.target.matches("[data-writing]");
  if (unsent && elsewhere && !window.confirm("What you wrote here is not sent yet. Leave it?")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);
document.addEventListener("page:shown", setUp);
setUp();
