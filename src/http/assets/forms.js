// A form or button with data-confirm asks before it sends. Without scripts it simply sends.
document.addEventListener("submit", (event) => {
  const asker = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (asker && !window.confirm(asker)) event.preventDefault();
});
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
