// The search field as a combobox: suggestions are fetched while the visitor types, and the arrow keys move among them.
// Pattern: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ (list autocomplete with manual selection)
const field = document.getElementById("search-field");
const list = document.getElementById("suggestions");
const count = document.getElementById("suggestion-count");
const PAUSE = 150; // milliseconds without a key before suggestions are fetched
let timer = 0;
let latestRequest = 0;
let requestedText = field.value;
let selected = -1; // index among the options; -1 while none is selected

async function fetchSuggestions() {
  if (field.value === requestedText) return;
  requestedText = field.value;
  const request = ++latestRequest;
  const response = await fetch(`${field.form.dataset.suggest}?${new URLSearchParams(new FormData(field.form))}`);
  const suggestions = await response.text();
  if (!response.ok || request !== latestRequest) return; // an error page, or a later request is under way
  list.innerHTML = suggestions;
  select(-1);
  setOpen(document.activeElement === field && field.value.trim() !== "");
  const number = options().length;
  count.textContent = list.hidden ? "" : `${number} suggestion${number === 1 ? "" : "s"}`;
}

const options = () => [...list.querySelectorAll("[role=option]")];

function setOpen(open) {
  list.hidden = !open || options().length === 0;
  field.setAttribute("aria-expanded", String(!list.hidden));
  if (list.hidden) select(-1);
}

function select(index) {
  const all = options();
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  selected = index;
  if (index < 0) {
    field.removeAttribute("aria-activedescendant");
  } else {
    field.setAttribute("aria-activedescendant", all[index].id);
    all[index].scrollIntoView({ block: "nearest" });
  }
}

function handleKey(event) {
  const last = options().length - 1;
  const open = !list.hidden;
  if (event.key === "ArrowDown" && last >= 0) {
    setOpen(true);
    select(selected < last ? selected + 1 : 0);
  } else if (event.key === "ArrowUp" && last >= 0) {
    setOpen(true);
    select(selected > 0 ? selected - 1 : last);
  } else if (event.key === "Enter" && open && selected >= 0) {
    options()[selected].click();
  } else if (event.key === "Escape" && open) {
    setOpen(false);
  } else {
    return;
  }
  event.preventDefault();
}

field.setAttribute("role", "combobox");
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", list.id);
field.setAttribute("aria-expanded", "false");
field.autocomplete = "off";
field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(fetchSuggestions, PAUSE);
});
field.addEventListener("keydown", handleKey);
field.addEventListener("focus", () => setOpen(field.value.trim() !== ""));
field.form.addEventListener("focusout", (event) => {
  if (!field.form.contains(event.relatedTarget)) setOpen(false);
});
list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the field
