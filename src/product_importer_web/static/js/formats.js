// How numbers, sizes and times look; product_importer_web/formats.py does the same on the server.

const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long" });

export const grouped = (number) => numbers.format(number);

export const plural = (number, word) => `${grouped(number)} ${word}${number === 1 ? "" : "s"}`;

export const size = (bytes) => {
  if (bytes < 1000) return `${bytes} bytes`;
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < 4; unit += 1) value /= 1000;
  return `${tenths.format(value)} ${["", "kB", "MB", "GB", "TB"][unit]}`;
};

export const duration = (seconds) => {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

export const ago = (moment, now = Date.now()) => {
  const seconds = Math.floor((now - moment) / 1000);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  }
  return "just now";
};

export const exact = (moment) => moments.format(moment);
