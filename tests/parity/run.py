"""Plays a scenario with one library and reports all that could be seen on the way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import structlog

from .journal import render, render_error
from .observe import see_adapter, see_diff, see_logs

if TYPE_CHECKING:
    from .build import Workshop
    from .scenario import Scenario, Step

NATURAL_DELETION_ORDER = 16
EDITS = {"edit_source", "edit_dest", "rename"}
REFUSALS = ("Object ", "have (")  # what a store says of a record that it has already
EDITED = {bool: True, int: 77, float: 7.5}


class Run:
    """One scenario, played with one library; each public method is a verb of `scenario.Step`."""

    def __init__(self, workshop: Workshop, scenario: Scenario) -> None:
        """Build and load both sides."""
        self.library = workshop.library
        self.journal = workshop.journal
        self.scenario = scenario
        self.source, self.dest, self.diff_class = workshop.sides(scenario)
        self.diffs: list[Any] = []
        self.calls: list[tuple[str, int, int]] = []

    def play(self) -> dict[str, Any]:
        """Take all steps and return what was seen."""
        if not self.scenario.is_quiet:
            return self._play()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        try:
            return self._play()
        finally:
            structlog.reset_defaults()

    def _play(self) -> dict[str, Any]:
        seen: list[Any] = []
        callbacks = []
        # A created record that its store refuses stays a child of its parent in diffsync, and does not here.
        is_half_linked = False
        with structlog.testing.capture_logs() as logs:
            for step in self.scenario.steps:
                self.calls = []
                noted, logged = len(self.journal.events), len(logs)
                try:
                    outcome = getattr(self, step.verb)(step)
                except Exception as error:  # noqa: BLE001 - whatever it is, the other library must raise it too
                    outcome = ("raised", *render_error(error))
                    self._forget_adding(noted)
                    self._forget_skipping(logs, logged)
                    is_half_linked = str(next(iter(error.args), "")).startswith(REFUSALS)
                    if is_half_linked:
                        self._forget_unlinking()
                seen.append((step.verb, outcome))
                callbacks.append(self.calls)
                if is_half_linked:
                    break
        return {
            "steps": seen,
            "journal": list(self.journal.events),
            "logs": see_logs(logs, forget_records=self._deletes_naturally()),
            "source": None if is_half_linked and seen[-1][0] == "back" else see_adapter(self.source),
            "dest": None if is_half_linked and seen[-1][0] != "back" else see_adapter(self.dest),
            "diffs": [see_diff(diff, is_live=self._was_edited()) for diff in self.diffs],
            "callbacks": callbacks,
        }

    def _forget_adding(self, noted: int) -> None:
        """Drop what `Diff.add` noted in a step that raised: it is called later here, see docs/deviations.md."""
        events = self.journal.events
        events[noted:] = [event for event in events[noted:] if event[0] != "'add'"]

    def _forget_unlinking(self) -> None:
        """Drop the call that takes a record which its store has refused out of its parent again."""
        events = self.journal.events
        if events and events[-1][0] == "'remove_child'":
            events.pop()

    def _forget_skipping(self, logs: list[Any], logged: int) -> None:
        """Drop what was logged of skipped records in a step that a `Diff.add` ended: here all have been met by then."""
        if any(hook.startswith("add") for hook in self.scenario.diff_hooks):
            logs[logged:] = [entry for entry in logs[logged:] if not entry["event"].startswith("Skipping due to")]

    def _deletes_naturally(self) -> bool:
        """Whether a record may be deleted after its children: diffsync then takes it for the last of them."""
        models = (*self.scenario.source.models, *self.scenario.dest.models)
        records = [*self.scenario.source.records, *self.scenario.dest.records]
        for record in records:
            records.extend(record.children)
        return any(one.flags is not None and one.flags & NATURAL_DELETION_ORDER for one in (*models, *records))

    def _was_edited(self) -> bool:
        return any(step.verb in EDITS for step in self.scenario.steps)

    # ---- comparing and synchronising ----

    def diff(self, step: Step) -> None:
        self.diffs.append(self.dest.diff_from(self.source, **self._options(step)))

    def look(self, _step: Step) -> Any:
        return [see_diff(diff, is_live=self._was_edited()) for diff in self.diffs]

    def apply(self, step: Step) -> Any:
        """Sync with the diff that was calculated last."""
        return self._sync(self.dest, self.source, step, diff=self.diffs[-1])

    def sync(self, step: Step) -> Any:
        return self._sync(self.dest, self.source, step)

    def back(self, step: Step) -> Any:
        """Sync the source from the destination."""
        return self._sync(self.source, self.dest, step)

    def sync_to(self, step: Step) -> Any:
        self.diffs.append(self.source.sync_to(self.dest, **self._options(step)))

    def _sync(self, dest: Any, source: Any, step: Step, diff: Any = None) -> Any:
        applied = dest.sync_from(source, diff=diff, **self._options(step))
        is_new = not any(applied is one for one in self.diffs)
        if is_new:
            self.diffs.append(applied)
        return "new diff" if is_new else "given diff"

    def _options(self, step: Step) -> dict[str, Any]:
        options = {"flags": self.library.DiffSyncFlags(step.flags), "diff_class": self.diff_class}
        if step.has_callback:
            options["callback"] = lambda *call: self.calls.append(call)
        return options

    # ---- changing records ----

    def edit_source(self, step: Step) -> Any:
        return self._edit(self.source, step)

    def edit_dest(self, step: Step) -> Any:
        return self._edit(self.dest, step)

    def rename(self, step: Step) -> Any:
        """Assign another first identifier to a stored record."""
        model = self._record(self.dest, step.place)
        if model is None:
            return "nothing there"
        name = model._identifiers[0]
        setattr(model, name, "renamed" if isinstance(getattr(model, name), str) else 99)
        return model.get_unique_id()

    def edit_children(self, step: Step) -> Any:
        """Change a list of children behind the library's back."""
        for model in (self._record(self.source, step.place), self._record(self.dest, step.place)):
            for field in [] if model is None else model._children.values():
                getattr(model, field).reverse()
                del getattr(model, field)[step.place :]
        return "edited"

    def remove_dest(self, step: Step) -> Any:
        model = self._record(self.dest, step.place)
        if model is not None:
            self.dest.remove(model, remove_children=step.place % 2 == 1)
        return render(model)

    def add_dest(self, step: Step) -> Any:
        """Add to the destination what only the source has, so that its creation meets it there."""
        for model in self._records(self.source)[step.place :]:
            if self.dest.get_or_none(model.get_type(), model.get_unique_id()) is None:
                values = {**model.get_identifiers(), **model.get_attrs()}
                self.dest.add(getattr(self.dest, model.get_type())(**values))
                return render(model)
        return "nothing to add"

    def _edit(self, adapter: Any, step: Step) -> Any:
        model = self._record(adapter, step.place)
        if model is None or not model._attributes:
            return "nothing there"
        name = model._attributes[step.place % len(model._attributes)]
        value = getattr(model, name)
        if isinstance(value, list):
            value.append(7)
        elif isinstance(value, dict):
            value["edited"] = True
        else:
            setattr(model, name, EDITED.get(type(value), "edited"))
        return render(model)

    def _record(self, adapter: Any, place: int) -> Any:
        records = self._records(adapter)
        return records[place % len(records)] if records else None

    def _records(self, adapter: Any) -> list[Any]:
        names = sorted(adapter.store.get_all_model_names())
        return [model for name in names for model in adapter.store.get_all(model=name)]

    # ---- changing diffs ----

    def prune(self, step: Step) -> Any:
        """Take an element out of the last diff."""
        holder = self._holder(step.place)
        if holder is None:
            return "nothing there"
        group = holder.children[holder.groups()[0]]
        element = group.pop(list(group)[step.place % len(group)])
        return (element.type, element.name)

    def alter(self, step: Step) -> Any:
        """Change what an element of the last diff says about its attributes."""
        holder = self._holder(step.place)
        if holder is None:
            return "nothing there"
        element = next(iter(holder.children[holder.groups()[0]].values()))
        if step.place % 3 == 0:
            element.add_attrs(dest={"size": 5})
        elif step.place % 3 == 1 and element.source_attrs:
            name, value = next(iter(element.source_attrs.items()))
            element.source_attrs[name] = EDITED.get(type(value), "edited")
        else:
            element.keys["name"] = "altered"
        return (element.type, element.name)

    def graft(self, step: Step) -> Any:
        """Add an element of our own making to the last diff: where a parent may go last, not below it."""
        holder = None if self._deletes_naturally() else self._holder(step.place)
        holder = holder or self.diffs[-1]
        modelname = self.scenario.dest.models[-1].modelname
        identifiers = dict.fromkeys(self.scenario.dest.models[-1].identifiers, "grafted")
        element = self.library.diff.DiffElement(modelname, "grafted", identifiers, "us", "them", self.diff_class)
        element.add_attrs(source={"size": 3})
        holder.add(element)
        return modelname

    def empty(self, _step: Step) -> Any:
        """Put an empty diff in place of the last one."""
        self.diffs.append(self.diff_class())
        return "emptied"

    def _holder(self, place: int) -> Any:
        """Return the diff, of the last one and those right below it, that has the element meant by `place`."""
        below = [element.child_diff for element in self.diffs[-1].get_children()]
        holders = [diff for diff in (self.diffs[-1], *below) if diff.groups() and diff.children[diff.groups()[0]]]
        return holders[place % len(holders)] if holders else None
