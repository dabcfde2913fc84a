// The contributors' form: filters the list of rows while the visitor types, warns before unsent text is lost, and says
// when it gets too long.

function addFilter(form) {
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
    const text = field.value.trim().toLowerCase();
    for (const group of form.querySelectorAll(".choose")) {
      let shown = 0;
      for (const choice of group.querySelectorAll("label")) {
        choice.hidden = !(choice.textContent.toLowerCase().includes(text) || choice.querySelector("input").checked);
        shown += choice.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
      if (group.matches("details")) group.open = text !== "" && shown > 0;
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

function watchLength(form) {
  const note = form.querySelector("[data-length]");
  const atFirst = note.textContent;
  const most = Number(form.dataset.most);
  const inWords = (number) => number.toLocaleString("en");
  form.addEventListener("input", () => {
    const isNew = (field) => field.closest(".added") || field.value !== field.defaultValue;
    const texts = [...form.querySelectorAll(".row textarea, .row input[type=text], .row input:not([type])")].filter(isNew);
    const length = texts.reduce((sum, field) => sum + field.value.length, 0);
    note.classList.toggle("errorlist", length > most);
    note.textContent = length > most
      ? `These are ${inWords(length)} characters. Please send at most ${inWords(most)} at once, and the rest after that.`
      : atFirst;
  });
}

let hasUnsentText = false;

function setUp() {
  document.querySelectorAll("form[data-narrowable]").forEach((form) => {
    if (!form.querySelector("#find-in-list")) addFilter(form);
  });
  const forms = [...document.querySelectorAll("form[data-writing]")];
  const isBack = (form) => (form.dataset.writing ? "typed" in form.dataset : document.querySelector("main .errorlist") !== null);
  hasUnsentText = forms.some(isBack);
  for (const form of forms) {
    if (form.querySelector("[data-length]")) watchLength(form);
    form.addEventListener("input", () => { hasUnsentText = true; });
    form.addEventListener("submit", () => { hasUnsentText = false; });
    form.addEventListener("draft:kept", () => { hasUnsentText = false; });
  }
}

window.addEventListener("beforeunload", (event) => {
  if (hasUnsentText) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  const isOtherForm = !event.target.matches("[data-writing]");
  if (hasUnsentText && isOtherForm && !window.confirm("What you wrote here is not sent yet. Leave it?")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);
document.addEventListener("page:shown", setUp);
setUp();

// A form that came back is at what is said of it, which can be further down than the page begins.
const said = document.querySelector("main [role=alert]");
if (said) {
  said.tabIndex = -1;
  said.focus();
}
