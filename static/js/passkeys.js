// Shows a message on the page when a passkey could not be used or the visitor cancelled.
document.addEventListener("allauth.error", (event) => {
  const note = document.getElementById("passkey-note");
  if (!note) return;
  event.preventDefault();
  note.textContent = "That did not work, or was cancelled. Nothing was changed; you can try again.";
});
