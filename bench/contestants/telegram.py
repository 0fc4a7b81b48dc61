"""A bot in aiogram 3: a webhook, state in Redis, and one update per person at a time.

By default, aiogram answers the webhook at once and handles the update in the background. Updates
that are not finished when the process ends are lost. A message costs the same if the webhook is
answered only after the update was handled.
"""

import os
from typing import Any

import uvloop
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.types import KeyboardButton, Message, ReplyKeyboardMarkup
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from bench import conversation

SIZE = State("size", "Pizza")
ADDRESS = State("address", "Pizza")
CONFIRM = State("confirm", "Pizza")


def _keyboard(labels: tuple[str, ...]) -> ReplyKeyboardMarkup:
    return ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text=label) for label in labels]])


async def ask_size(message: Message, state: FSMContext) -> None:
    await state.set_state(SIZE)
    await message.answer(conversation.WHICH_SIZE, reply_markup=_keyboard(conversation.SIZES))


async def ask_address(message: Message, state: FSMContext) -> None:
    await state.update_data(size=(message.text or "").lower())
    await state.set_state(ADDRESS)
    await message.answer(conversation.WHERE_TO)


async def ask_confirmation(message: Message, state: FSMContext) -> None:
    data = await state.update_data(address=message.text)
    await state.set_state(CONFIRM)
    await message.answer(
        conversation.CONFIRM.format(**data), reply_markup=_keyboard(conversation.ANSWERS)
    )


async def place(message: Message, state: FSMContext) -> None:
    await state.clear()
    await message.answer(conversation.DONE)


async def not_understood(message: Message) -> None:
    await message.answer(conversation.NOT_UNDERSTOOD)


def router() -> Router:
    """Return a router with the handlers of each state of the conversation."""
    text: Any = F.text.lower()
    made = Router()
    made.message.register(ask_size, text == conversation.START)
    made.message.register(ask_address, SIZE, text.in_([s.lower() for s in conversation.SIZES]))
    made.message.register(ask_confirmation, ADDRESS, F.text.len() >= 8)
    made.message.register(place, CONFIRM, text == conversation.ANSWERS[0].lower())
    made.message.register(ask_size, CONFIRM, text == conversation.ANSWERS[1].lower())
    made.message.register(not_understood)
    return made


async def _readyz(request: web.Request) -> web.Response:
    return web.Response()


def app() -> web.Application:
    """Return the aiohttp application. Its settings are environment variables."""
    api = TelegramAPIServer.from_base(os.environ["SINCH_API_URL"])
    bot = Bot(os.environ["TELEGRAM_TOKEN"], session=AiohttpSession(api=api))
    # More than there are contacts, because the pool raises an error beyond its maximum.
    storage = RedisStorage.from_url(
        os.environ["REDIS_URL"], connection_kwargs={"max_connections": 4096}
    )
    dispatcher = Dispatcher(storage=storage, events_isolation=storage.create_isolation())
    dispatcher.include_router(router())
    made = web.Application()
    made.router.add_get("/readyz", _readyz)
    SimpleRequestHandler(dispatcher, bot, secret_token=os.environ["TELEGRAM_SECRET"]).register(
        made, path="/webhook"
    )
    setup_application(made, dispatcher, bot=bot)
    return made


def main() -> None:
    """Serve on the port in the variable PORT, on the event loop that the other contestants use."""
    web.run_app(
        app(),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=None,
        print=None,
        loop=uvloop.new_event_loop(),
        backlog=2048,
    )


if __name__ == "__main__":
    main()
