"""Decorators that run a function within an interception and pass the mock as its last argument."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, aclosing, suppress
from typing import Any

__all__ = ["WRAPPERS", "explain_last_parameter", "kind_of", "parameters_of", "parametrized_names"]

Again = Callable[[], AbstractContextManager[Any]]
Wrapper = Callable[[Again, Callable[..., Any], str], Callable[..., Any]]


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a function to be decorated.

    Raises:
        TypeError: The last of them cannot take the mock, or is parametrized.
    """
    name = getattr(function, "__qualname__", repr(function))
    parameters = [*inspect.signature(function).parameters.values()]
    if not parameters or parameters[-1].kind not in {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    }:
        raise TypeError(
            f"{name}() has no last parameter for the mock, which is passed as the LAST one; "
            f"write for instance def {name}(mock)"
        )
    if parameters[-1].name in parametrized_names(getattr(function, "pytestmark", ())):
        raise TypeError(explain_last_parameter(name, parameters[-1].name))
    return parameters


def parametrized_names(marks: Iterable[Any]) -> set[str]:
    """Return the parameters that pytest's marks `parametrize` give values to."""
    given = (mark.args[0] for mark in marks if mark.name == "parametrize" and mark.args)
    lists = (names.split(",") if isinstance(names, str) else names for names in given)
    return {name.strip() for names in lists for name in names}


def explain_last_parameter(function: str, last: str) -> str:
    """Return the message for a function that seems to have the mock in another place."""
    return (
        f"@omixa_mock.intercept() passes the mock as the LAST parameter, and that of {function}() is {last}. "
        f"Put the parameter for the mock behind it: def {function}(..., {last}, mock)"
    )


def kind_of(function: Callable[..., Any]) -> str:
    """Return the kind of value that a call of the function returns."""
    if inspect.iscoroutinefunction(function):
        return "coroutine"
    if inspect.isasyncgenfunction(function):
        return "async generator"
    return "generator" if inspect.isgeneratorfunction(function) else "value"


def wrap_coroutine(again: Again, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Wrap an async function."""

    @functools.wraps(function)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        with again() as mock:
            return await function(*args, **kwargs, **{name: mock})

    return wrapped


def wrap_generator(again: Again, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Wrap a generator function: the interception lasts from its first step to its end, also in the caller's code."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with again() as mock:
            return (yield from function(*args, **kwargs, **{name: mock}))

    return wrapped


def wrap_async_generator(again: Again, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Wrap an async generator function: the interception lasts from its first step to its end."""

    @functools.wraps(function)
    async def wrapped(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with again() as mock:
            steps = function(*args, **kwargs, **{name: mock})
            # There is no `yield from` for async generators: values sent and exceptions thrown in are passed on.
            async with aclosing(steps):
                with suppress(StopAsyncIteration):
                    value = await anext(steps)
                    while True:
                        try:
                            step = steps.asend((yield value))
                        except Exception as error:  # noqa: BLE001  # the function's to handle
                            step = steps.athrow(error)
                        value = await step

    return wrapped


def wrap_value(again: Again, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Wrap a function that returns its value at once."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with again() as mock:
            # By name, as pytest passes the others.
            value = function(*args, **kwargs, **{name: mock})
        return refuse_unfinished(function, value)

    return wrapped


def refuse_unfinished(function: Callable[..., Any], value: Any) -> Any:
    """Return the value, unless the function's work has yet to begin: it would run outside of the interception.

    Raises:
        TypeError: The value is a generator or an awaitable.
    """
    # What `contextmanager` makes keeps its generator.
    steps = getattr(value, "gen", value)
    if not (inspect.isawaitable(value) or inspect.isgenerator(steps) or inspect.isasyncgen(steps)):
        return value
    # A coroutine warns of never having been awaited.
    close = getattr(value, "close", None) or getattr(value, "cancel", None)
    if close is not None:
        close()
    function_name = getattr(function, "__qualname__", repr(function))
    raise TypeError(
        f"{function_name}() returned a {type(value).__name__}, which would run outside of the interception. "
        f"Decorate the function that makes it, or write `with omixa_mock.intercept()` around its use."
    )


WRAPPERS: Mapping[str, Wrapper] = {
    "coroutine": wrap_coroutine,
    "generator": wrap_generator,
    "async generator": wrap_async_generator,
    "value": wrap_value,
}
