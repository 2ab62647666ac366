// Follows something over a websocket, through every loss of the connection, until it has ended.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
const SILENCE = 5_000; // while something runs, there are two messages a second

// Calls tell(message) with every message, and lost(true or false) when the connection goes and comes back.
// isEnd(message) says whether it is the last, isBusy(message) whether the next is due soon.
export const follow = (path, { tell, lost, isEnd, isBusy }) => {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  let pause = FIRST_PAUSE;
  let socket = null;
  let watchdog = 0;
  let again = 0;

  const connect = () => {
    clearTimeout(again);
    const mine = new WebSocket(address);
    socket = mine;
    let ended = false;
    mine.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      pause = FIRST_PAUSE;
      ended = isEnd(message);
      clearTimeout(watchdog);
      if (!ended && isBusy(message)) watchdog = setTimeout(() => drop(mine), SILENCE);
      lost(false);
      tell(message);
    });
    mine.addEventListener("close", () => {
      if (!ended) drop(mine);
    });
  };

  // Of one that is cut off, the browser would say so only minutes later.
  const drop = (mine) => {
    if (mine !== socket) return;
    socket = null;
    clearTimeout(watchdog);
    mine.close();
    lost(true);
    again = setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  };

  addEventListener("online", () => {
    if (socket === null) connect();
  });
  connect();
};
