"""Lets Keras's ``fit`` go on in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shapenet.errors import Place, RunError

if TYPE_CHECKING:
    from shapenet.callbacks.state import TrainingState
    from shapenet.training.resume import Resumption


@dataclass
class Continuation:
    """The first epoch of a training that goes on: steps that were done before are passed over.

    ``fit`` can begin at a later epoch, but not at a later step. So for this one epoch its train
    function is another: for the executions that were done before it does nothing, for the others
    it takes the batches that are left from a pipeline of their own. All steps keep their numbers,
    and where no batch is left the validation comes at once.

    The state is put back when the last execution has been passed over, after everything has
    heard so: whatever callbacks did until then is undone.

    Attributes:
        epoch: Number of the epoch, from 1.
        steps: Steps of it that were done before.
        seconds: What they took.
        rest: A ``tf.data.Dataset`` of the batches that are left.
        restore: Puts the state back.
    """

    epoch: int
    steps: int
    seconds: float
    rest: Any
    restore: Callable[[], None]
    _model: Any = field(default=None, init=False)
    _execute: Any = field(default=None, init=False)
    _batches: Any = field(default=None, init=False)
    _passed: int = field(default=0, init=False)

    def train_begin(self, model: Any) -> None:
        """Everything has heard that training begins."""
        if not self.steps:
            self.restore()
            return
        self._model = model
        self._execute, model.train_function = model.train_function, self._execute_or_pass

    def passes(self, epoch: int, step: int) -> bool:
        """Whether the execution that ends with `step` was passed over; to be asked after each, once.

        To be called when all else has heard of the execution.
        """
        if epoch != self.epoch or step > self.steps:
            return False
        if step == self.steps:
            self.restore()
        return True

    def epoch_end(self) -> None:
        """The epoch is over; the model has its own train function again."""
        if self._execute is not None:
            self._model.train_function, self._execute, self._batches = self._execute, None, None

    def _execute_or_pass(self, batches: Any) -> Any:
        if self._passed < self.steps:
            self._passed += self._model.steps_per_execution
            return self._model.get_metrics_result()
        if self._batches is None:
            self._batches = iter(self.rest)
        return self._execute(self._batches)


def continuation_of(
    resumption: Resumption | None, state: TrainingState, feed: Callable[..., Any]
) -> Continuation | None:
    """What lets ``fit`` go on where a checkpoint was; None where there was none.

    The state is put back once for a trial, so that what does not fit is refused while the run is as it was.

    Args:
        resumption: Knows the checkpoint, and how it is called later.
        state: The state to put back; what of it Keras makes in the first step is made now.
        feed: Makes the pipeline of an epoch that leaves out its first ``start`` batches.

    Raises:
        RunError: The state is that of another model, or no execution of steps ends where the checkpoint is.
    """
    if resumption is None or resumption.begins:
        return None
    saved = resumption.saved
    rest = feed(start=saved.steps)
    left, at_once = int(rest.cardinality()), state.model.steps_per_execution
    if left < 0 or (left and saved.steps % at_once):
        message = f"{saved.steps} steps of epoch {saved.position.epoch} were done, and {at_once} are done at once now"
        hint = f"--allow-changed -o training.steps_per_execution={at_once} begins the epoch anew"
        raise RunError("run/other-steps", message, place=Place(str(saved.folder)), hint=hint)
    state.model._symbolic_build(data_batch=rest.element_spec)
    saved.restore(state, trial=True)
    return Continuation(
        saved.position.epochs_done + 1, saved.steps, saved.spent_seconds, rest, lambda: resumption.saved.restore(state)
    )
