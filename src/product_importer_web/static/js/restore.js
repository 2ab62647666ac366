// The page that goes back to a moment: times are first taken as the reader's own clock shows them.

const zone = document.querySelector("#zone[data-own]");
if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || zone.value;
