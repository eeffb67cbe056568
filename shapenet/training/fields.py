"""The fields that tasks and model need: asked of the sources, and checked once these are open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError

from shapenet.config.schema import ExperimentConfig
from shapenet.errors import ConfigError, Key, Problem, did_you_mean
from shapenet.registry import Component, Parameter
from shapenet.tasks.base import DataSpec, Statistics, Task

if TYPE_CHECKING:
    from shapenet.data.batches import Split
    from shapenet.data.records import Records
    from shapenet.fields import Field

IMAGE = ("image",)
"""The fields that a model is given unless the config names others."""

_ALWAYS = ("image", "label")
"""Fields that no source needs to be asked for."""


def input_fields(config: ExperimentConfig) -> tuple[str, ...]:
    """The fields that the model is given: `IMAGE` unless the config names others."""
    return IMAGE if config.model.input is None else config.model.input.fields


def target_fields(config: ExperimentConfig) -> tuple[str, ...]:
    """The fields that the targets of the tasks are made of, each once."""
    tasks: list[Task] = [component.create() for component in config.tasks.values()]
    return tuple(dict.fromkeys(name for task in tasks for name in task.fields))


def needed_fields(config: ExperimentConfig) -> tuple[str, ...]:
    """The fields that the model is given and that targets are made of, each once."""
    return tuple(dict.fromkeys([*input_fields(config), *target_fields(config)]))


def batch_fields(config: ExperimentConfig) -> tuple[str, ...]:
    """The fields that a batch holds: those that are needed, and the image where it is augmented."""
    return tuple(dict.fromkeys([*needed_fields(config), *(IMAGE if config.data.augment else ())]))


def asked_for(source: Component, fields: Collection[str]) -> Component:
    """A source that is asked for fields where its arguments name none of its own.

    Args:
        source: The source; those that it is made of are asked too.
        fields: The fields that are needed.
    """
    parameters = source.entry.parameters
    beside = {name for key, value in source.arguments.items() if _form(parameters, key) == "mapping" for name in value}
    wanted = [name for name in fields if name not in beside]
    arguments: dict[str, Any] = {}
    for key, value in source.arguments.items():
        form = _form(parameters, key)
        if form == "one":
            arguments[key] = asked_for(value, wanted)
        elif form == "list":
            arguments[key] = [asked_for(one, wanted) for one in value]
        elif key == "fields" and value == parameters[key].default:
            arguments[key] = _with_further(parameters[key], value, wanted)
        else:
            arguments[key] = value
    return source.having(**arguments)


def _form(parameters: Mapping[str, Parameter], key: str) -> str | None:
    parameter = parameters[key]
    return parameter.part_form if parameter.part == "source" else None


def _with_further(parameter: Parameter, default: tuple[str, ...], wanted: Collection[str]) -> tuple[str, ...]:
    """The default of a source's ``fields`` and those of the wanted that it can be asked for."""
    adapter: TypeAdapter[Any] = TypeAdapter(parameter.annotation, config=ConfigDict(strict=True))
    asked = tuple(default)
    for name in wanted:
        if name in _ALWAYS or name in asked:
            continue
        try:
            adapter.validate_python((*asked, name))
        except ValidationError:
            continue  # the source has no such field: that is told once it is open
        asked = (*asked, name)
    return asked


def known_fields(records: Records) -> dict[str, Field]:
    """The fields that targets can be made of: no label where the records have no classes."""
    return {name: field for name, field in records.fields.items() if name != "label" or records.classes}


def data_spec(split: Split, classes: tuple[str, ...], statistics: Statistics) -> DataSpec:
    """What tasks are bound to.

    Args:
        split: Any split of the data.
        classes: Class names in label order.
        statistics: Of the train split.
    """
    fields = {name: field for name, field in split.store.meta.fields.items() if name != "label" or classes}
    return DataSpec(fields, classes, statistics)


def check_fields(config: ExperimentConfig, records: Records, source: Component, key: Key) -> None:
    """Refuse a source without the fields that the model is given or that tasks need.

    Args:
        config: The experiment.
        records: The opened source.
        source: What they were opened by.
        key: Where it stands in the config.

    Raises:
        ConfigError: With what to write.
    """
    there = known_fields(records)
    problems = []
    for who, fields in _needs(config):
        for field in fields:
            if field not in there:
                message = f"{who} needs the field {field!r}; {records.describe} has {', '.join(there)}"
                hint = _hint(field, there, source)
                problems.append(Problem("data/no-field", message, key=key, hint=hint))
    if problems:
        raise ConfigError(problems)


def _needs(config: ExperimentConfig) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who needs fields, and which."""
    yield "model.input", input_fields(config)
    for name, component in config.tasks.items():
        task: Task = component.create()
        yield f"the task {name} ({component.name})" if name else component.name, task.fields


def _askable(source: Component) -> Iterator[str]:
    """The names that a source's ``fields`` may hold, as far as its type lists them."""
    parameter = source.entry.parameters.get("fields")
    types = [parameter.annotation] if parameter else []
    while types:
        inner = get_args(types[-1])
        if get_origin(types.pop()) is Literal:
            yield from inner
        else:
            types.extend(inner)


def _hint(field: str, there: Collection[str], source: Component) -> str:
    if field == "label":
        return "give the source labels: a column, a folder for each class"
    near = did_you_mean(field, [name for name in (*there, *_askable(source)) if name not in _ALWAYS]) or ""
    if near.startswith("did you mean"):
        return near
    return _naming(field, source)


def _naming(field: str, source: Component) -> str:
    """How a source is told of a field."""
    while inner := source.arguments.get("source") or next(iter(source.arguments.get("sources", ())), None):
        source = inner
    named = source.entry.parameters
    if field == "labels" and "label_separator" in named:
        return "several classes in a cell of the label column make it: label_separator: '|'"
    if "numbers" in named:
        return f"name its column by what it holds: numbers: [{field}], or images: or masks: where it holds files"
    if field == "mask" and "masks" in named:
        return "give the source its masks: masks: ..."
    if "fields" in named:
        return f"name it in the source: fields: [{field}]"
    return f"no field of the source {source.name} has this name; a csv makes fields of columns: numbers: [{field}]"
