// What people call a timer: its stored name without the question that it belongs to.

export function timerName(stored) {
  const name = stored.split("@")[0].replace(/^event:/, "");
  return name.replace(/^remind:(\d+)$/, (_, number) => `reminder ${Number(number) + 1}`);
}
