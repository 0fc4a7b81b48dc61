"""A message that ends the process that handles it."""

import os

from bot import END, Flow, Turn, step


class Fatal(Flow):
    """Ends the process, like a machine that is out of memory."""

    start_on = ("die",)

    @step(to=END)
    def exit_process(self, turn: Turn) -> str:
        os._exit(9)
