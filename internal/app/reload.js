// Reloads the page when a package changed; a draft is begun anew with its answers.
const source = new EventSource("/dev/events");
source.addEventListener("message", () => {
  source.close();
  const path = location.pathname;
  if (path.startsWith("/drafts/")) location.replace(`/dev/renew?path=${encodeURIComponent(path)}`);
  else location.reload();
});
