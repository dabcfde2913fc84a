// The search field as a combobox: htmx fetches the suggestions, this moves among them. Most visits to a page do without
// either, so htmx, which is heavier than the rest of the page's scripts together, comes when the field is entered.
// Pattern: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ (list autocomplete with manual selection)
const field = document.getElementById("search-field");
const list = document.getElementById("suggestions");
const count = document.getElementById("suggestion-count");
const shownAtFirst = field.value;
let chosen = -1;

function fetchHtmx() {
  const script = document.createElement("script");
  script.src = field.form.dataset.htmx;
  script.addEventListener("load", () => {
    if (field.value !== shownAtFirst) htmx.ajax("GET", field.getAttribute("hx-get"), { source: field });
  });
  document.head.append(script);
}

const options = () => [...list.querySelectorAll("[role=option]")];

function show(open) {
  list.hidden = !open || options().length === 0;
  field.setAttribute("aria-expanded", String(!list.hidden));
  if (list.hidden) choose(-1);
}

function choose(index) {
  const all = options();
  all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  chosen = index;
  if (index < 0) {
    field.removeAttribute("aria-activedescendant");
  } else {
    field.setAttribute("aria-activedescendant", all[index].id);
    all[index].scrollIntoView({ block: "nearest" });
  }
}

function onKey(event) {
  const last = options().length - 1;
  const open = !list.hidden;
  if (event.key === "ArrowDown" && last >= 0) {
    show(true);
    choose(chosen < last ? chosen + 1 : 0);
  } else if (event.key === "ArrowUp" && last >= 0) {
    show(true);
    choose(chosen > 0 ? chosen - 1 : last);
  } else if (event.key === "Enter" && open && chosen >= 0) {
    options()[chosen].click();
  } else if (event.key === "Escape" && open) {
    show(false);
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
field.addEventListener("focus", fetchHtmx, { once: true });
field.addEventListener("keydown", onKey);
field.addEventListener("focus", () => show(field.value.trim() !== ""));
field.form.addEventListener("focusout", (event) => {
  if (!field.form.contains(event.relatedTarget)) show(false);
});
list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the field
list.addEventListener("htmx:afterSwap", () => {
  choose(-1);
  show(document.activeElement === field && field.value.trim() !== "");
  const found = options().length;
  count.textContent = list.hidden ? "" : `${found} suggestion${found === 1 ? "" : "s"}`;
});
