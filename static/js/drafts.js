// Keeps what is typed in a form that is not sent yet: on the server for whoever is signed in, else in this browser.
// A button does the former without this script. Passwords, files and the field for programs are never kept.

const TICK = 1000; // milliseconds; what has not changed for so long is kept
const HEARTBEAT = 60 * TICK; // after which the server hears again that a form is open
const DAYS = 14; // for which this browser keeps a draft
const MOST = 100_000; // characters of a draft in this browser
const NAMES = "rougedb.draft ";
const NEVER = /^(csrfmiddlewaretoken|_draft|as|version|at|_again|_again_version|_form_is_open)$/;

function typedIn(form) {
  const typed = new FormData(form);
  for (const field of form.elements) {
    const isUntouched = field.closest("[data-draft-part]") && !isTouched(field.closest("[data-draft-part]"));
    if (field.name && (field.type === "password" || field.type === "file" || field.closest(".trap") || isUntouched)) typed.delete(field.name);
  }
  return [...typed].filter(([, value]) => typeof value === "string");
}

// Of a form in many parts those are kept in which something was changed; the server has the others.
const touched = new WeakSet();

function isTouched(part) {
  if (!touched.has(part) && [...part.querySelectorAll("input, select, textarea")].some(isChanged)) touched.add(part);
  return touched.has(part);
}

function isChanged(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

const clock = (at) => at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function timeOf(at) {
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? clock(at) : `${at.toLocaleDateString([], { day: "numeric", month: "long" })}, ${clock(at)}`;
}

// Calls `keep` once what is typed has not changed for a moment, and when the page is left; comparing sees every widget.
// Where `isLost` says that what is typed is kept nowhere, the browser asks before it leaves the page.
function watch(form, keep, isTyped, isLost = () => false) {
  const text = () => JSON.stringify(typedIn(form).filter(([name]) => !NEVER.test(name)));
  let kept = isTyped ? "" : text();
  let before = text();
  let isSent = false;
  const look = (isLast) => {
    const now = text();
    if (!isSent && now !== kept && (isLast || now === before)) {
      kept = now;
      keep();
    }
    before = now;
  };
  const timer = setInterval(() => { form.isConnected ? look(false) : clearInterval(timer); }, TICK);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && form.isConnected) look(true);
  });
  form.addEventListener("submit", () => { isSent = true; });
  window.addEventListener("beforeunload", (event) => { if (!isSent && form.isConnected && isLost()) event.preventDefault(); });
  window.addEventListener("pageshow", () => { isSent = false; });
}

// === On the server ===

function keepOnServer(marker) {
  const form = marker.form;
  const says = form.querySelector("[data-draft-says]");
  const others = document.querySelector("[data-others]");
  const address = marker.dataset.draft;
  let isLost = false;

  async function post(fields) {
    const send = () => fetch(address, { method: "POST", body: new URLSearchParams(fields()), keepalive: true });
    let response = await send();
    if (response.status === 403 && await renewToken(form, address)) response = await send();
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) throw new Error("This is no answer to a draft.");
    const answer = await response.json();
    if (others && answer.others !== undefined) others.textContent = answer.others;
    return answer;
  }

  async function keep() {
    const typed = typedIn(form);
    try {
      const answer = await post(() => [...typed.filter(([name]) => !/^(csrfmiddlewaretoken|_draft)$/.test(name)), ...own(), ["_keep_draft", "script"]]);
      isLost = answer.token === undefined;
      if (!isLost) {
        marker.value = answer.token;
        form.dispatchEvent(new Event("draft:kept"));
      }
      says.textContent = isLost ? answer.problem : answer.says;
    } catch {
      isLost = true;
      says.textContent = "Not kept as a draft: the server did not take it. If you are signed out, sign in again in another window.";
    }
  }
  // Those that change while the page is open.
  const own = () => ["csrfmiddlewaretoken", "_draft"].flatMap((name) => {
    const field = form.querySelector(`[name=${name}]`);
    return field ? [[name, field.value]] : [];
  });
  const beat = () => {
    if (document.visibilityState !== "visible" || !form.isConnected) return;
    post(() => [...own(), ["as", form.querySelector("[name=as]").value], ["_form_is_open", "1"]]).catch(() => {});
  };

  watch(form, keep, "typed" in marker.dataset, () => isLost);
  if (others) {
    beat();
    setInterval(beat, HEARTBEAT);
  }
}

// Who signed in again in another window has another token; the page of the form tells it to whoever may read that page.
async function renewToken(form, address) {
  const field = form.querySelector("[name=csrfmiddlewaretoken]");
  if (!field) return false;
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  const token = page.querySelector("form [name=_draft]")?.form.querySelector("[name=csrfmiddlewaretoken]");
  if (token) field.value = token.value;
  return Boolean(token);
}

// === In this browser ===

function keptHere() {
  const found = [];
  for (let number = 0; number < localStorage.length; number += 1) {
    const name = localStorage.key(number);
    if (name.startsWith(NAMES)) found.push({ name, ...JSON.parse(localStorage.getItem(name)) });
  }
  return found;
}

function forgetOld() {
  const tooOld = Date.now() - DAYS * 24 * 60 * 60 * 1000;
  for (const { name, at } of keptHere()) if (!(new Date(at) > tooOld)) localStorage.removeItem(name);
}

// A draft of a later episode is not shown before that one.
function draftOf(path, episode) {
  const known = keptHere().filter((draft) => draft.path === path && draft.episode <= episode);
  return known.sort((one, other) => other.episode - one.episode)[0];
}

// A page can have two forms, which are told apart by a word.
function keepInBrowser(place) {
  const which = place.dataset.draftHere;
  const form = document.querySelector(`form[data-writing="${which}"]`);
  const episode = Number(place.dataset.episode);
  const path = location.pathname + (which && `#${which}`);
  const name = `${NAMES}${episode} ${path}`;
  const draft = draftOf(path, episode);
  const goesOn = draft && form && location.hash === hashOf(which);
  const isTyped = "typed" in place.dataset; // the form came back with what is in the draft already
  if (goesOn) fillIn(form, draft, place);
  else if (draft && !isTyped) offer(draft, place, which);
  if (!form) return;

  const keep = () => {
    const mine = localStorage.getItem(name);
    if (draft && !goesOn && !isTyped && mine) {
      say(place, `Not kept: your draft of ${timeOf(new Date(draft.at))} is here. Go on with that, or throw it away.`);
      return;
    }
    const entries = typedIn(form).filter(([field]) => !NEVER.test(field));
    const text = JSON.stringify({ at: new Date(), path, episode, entries });
    if (text.length > MOST) return say(place, "This is too long to be kept as a draft. Send what is ready.");
    localStorage.setItem(name, text);
    form.dispatchEvent(new Event("draft:kept"));
    say(place, `Kept in this browser at ${clock(new Date())}, for ${DAYS} days.`, [throwAway(name, place)]);
  };
  watch(form, () => { try { keep(); } catch { /* a browser that keeps nothing keeps no drafts */ } }, isTyped);
  form.addEventListener("submit", () => {
    const mine = localStorage.getItem(name);
    if (mine) localStorage.setItem(name, JSON.stringify({ ...JSON.parse(mine), isSent: true }));
  });
}

const hashOf = (which) => (which ? `#draft-${which}` : "#draft");

function offer(draft, place, which) {
  const chosen = draft.entries.filter(([field]) => field === "row" || field === "add");
  const link = document.createElement("a");
  link.href = `${location.pathname}?${new URLSearchParams(chosen)}${hashOf(which)}`;
  link.textContent = `Go on with your draft of ${timeOf(new Date(draft.at))}`;
  // Where only what stands behind # differs, a browser loads nothing.
  link.addEventListener("click", () => { if (link.href.split("#")[0] === location.href.split("#")[0]) setTimeout(() => location.reload()); });
  say(place, `This browser has a draft of this ${which ? "note" : "form"} that is not sent. `, [link, throwAway(draft.name, place)]);
}

function fillIn(form, draft, place) {
  const left = draft.entries.map(([field, value]) => ({ field, value }));
  const isChanged = [...form.elements].some((field) => field.name.endsWith("-seen")
    && left.some((each) => each.field === field.name && each.value !== field.value));
  for (const field of form.elements) {
    const isChoice = field.name === "row" || field.name === "add"; // the address holds what was chosen
    if (!field.name || isChoice || field.type === "file" || field.type === "submit" || NEVER.test(field.name) || field.closest(".trap")) continue;
    if (field.type === "hidden" && !field.name.endsWith("-seen") && field.name !== "page") continue;
    const values = left.filter((each) => each.field === field.name).map((each) => each.value);
    if (field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length) [field.value] = values;
  }
  const changed = isChanged ? "Something here was changed since you began to write it; compare it before you send it. " : "";
  say(place, `This is your draft of ${timeOf(new Date(draft.at))}; nothing of it is sent yet. ${changed}`, [throwAway(draft.name, place)]);
}

function throwAway(name, place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet";
  button.textContent = "Throw it away";
  button.addEventListener("click", () => {
    localStorage.removeItem(name);
    say(place, "The draft is thrown away.");
  });
  return button;
}

function say(place, text, elements = []) {
  const said = document.createElement("p");
  said.append(text, ...elements.filter((each) => each.localName === "a"));
  place.hidden = false;
  place.replaceChildren(said, ...elements.filter((each) => each.localName === "button"));
}

function setUp() {
  document.querySelectorAll("input[data-draft]").forEach(keepOnServer);
  try {
    forgetOld();
    // The page of a correction that arrived: its draft is not needed any more.
    if (document.querySelector("[data-arrived]")) {
      for (const { name, isSent } of keptHere()) if (isSent) localStorage.removeItem(name);
    }
    document.querySelectorAll("[data-draft-here]").forEach(keepInBrowser);
  } catch { /* a browser that keeps nothing keeps no drafts */ }
}
document.addEventListener("page:shown", setUp);
setUp();
