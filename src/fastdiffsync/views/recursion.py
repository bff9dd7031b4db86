"""Recursion that does not use the interpreter's stack, for trees that are deeper than it is."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Question(NamedTuple):
    """A call that a walking method wants to be made.

    Attributes:
        owner: The object to ask.
        method: Name of its method.
        args, kwargs: What to call the method with.
        is_kept: Whether the answer is kept for the rest of the walk.
    """

    owner: Any
    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    is_kept: bool = False


Steps: TypeAlias = Generator[Question, Any, T]
S = TypeVar("S")


class Walk(NamedTuple):
    """What stands behind a walking method.

    Attributes:
        steps: The method as it is written.
        known: Answers without a walk, given the method's object; returns None where that cannot be done.
    """

    steps: Callable[..., Steps[Any]]
    known: Callable[[Any], Any] | None = None


_walks: dict[Any, Walk] = {}


def ask(owner: Any, method: str, *args: Any, **kwargs: Any) -> Question:
    """Return the question to `yield` for the answer of `owner.method(*args, **kwargs)`."""
    return Question(owner, method, args, kwargs)


def ask_once(owner: Any, method: str, **kwargs: Any) -> Question:
    """Return a question like that of `ask`, of which one walk keeps the answer: for what is asked at every level."""
    return Question(owner, method, (), kwargs, is_kept=True)


def walked(method: Callable[P, Steps[T]]) -> Callable[P, T]:
    """Make an ordinary method of one that is written as a recursion, but yields its questions to other objects.

    Where the object asked has the library's own method, the walk goes on into it; one that overrides it, in a
    subclass or on the instance, is called as it would be in a recursion.
    """

    @wraps(method)
    def walk(*args: P.args, **kwargs: P.kwargs) -> T:
        return _answer(method(*args, **kwargs))

    _walks[walk] = Walk(method)
    return walk


def walked_unless(known: Callable[[S], T | None]) -> Callable[[Callable[[S], Steps[T]]], Callable[[S], T]]:
    """Return a decorator like `walked` for a method without arguments that seldom needs the walk.

    Args:
        known: Given the method's object, returns the answer, or None if it takes a walk to know it.
    """

    def decorate(method: Callable[[S], Steps[T]]) -> Callable[[S], T]:
        @wraps(method)
        def walk(owner: S) -> T:
            answer = known(owner)
            return _answer(method(owner)) if answer is None else answer

        _walks[walk] = Walk(method, known)
        return walk

    return decorate


def _answer(steps: Steps[T]) -> T:
    stack: list[tuple[Steps[Any], Question | None]] = [(steps, None)]
    kept: dict[Any, tuple[Question, Any]] = {}
    answer: Any = None
    while stack:
        steps, question = stack[-1]
        try:
            following = steps.send(answer)
        except StopIteration as finished:
            answer = finished.value
            stack.pop()
            if question is not None and question.is_kept:
                # The question is kept along with the answer: while its owner lives, no other object has its id.
                kept[_key(question)] = question, answer
            continue
        if following.is_kept and _key(following) in kept:
            answer = kept[_key(following)][1]
            continue
        method = getattr(following.owner, following.method)
        walk = _walks.get(getattr(method, "__func__", None))
        if walk is None:
            answer = method(*following.args, **following.kwargs)
            continue
        answer = None if walk.known is None else walk.known(method.__self__)
        if answer is None:
            stack.append((walk.steps(method.__self__, *following.args, **following.kwargs), following))
        elif following.is_kept:
            kept[_key(following)] = following, answer
    return answer  # type: ignore[no-any-return]


def _key(question: Question) -> tuple[Any, ...]:
    return (id(question.owner), question.method, *question.kwargs.values())
