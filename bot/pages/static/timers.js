// Returns the name of a timer to show: its stored name without the name of its question.

export function timerName(stored) {
  const name = stored.split("@")[0].replace(/^event:/, "");
  return name.replace(/^remind:(\d+)$/, (_, number) => `reminder ${Number(number) + 1}`);
}
