"""Faults to plant in shapenet: each is a small change of one file, and the harness that must catch it."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """A deliberate fault.

    Attributes:
        name: What is wrong then.
        file: The file, below the package.
        old: Text that stands in it once.
        new: What stands there instead.
        caught_by: ``kill MODE VARIANT``, ``calls``, ``power``, or ``check NAME``.
    """

    name: str
    file: str
    old: str
    new: str
    caught_by: str


_ATOMIC, _CHECKPOINT, _SAVING = "rundir/atomic.py", "callbacks/checkpoint.py", "callbacks/saving.py"
_STATE, _RESUME, _SAVED = "callbacks/state.py", "training/resume.py", "training/saved.py"
_LINK = "            replace_link(self._folder / "

FAULTS = (
    # What a loss of power needs.
    Fault("write_atomic does not fsync the file", _ATOMIC,
          "                os.fsync(file.fileno())\n            Path(name).chmod",
          "            Path(name).chmod",
          "calls"),
    Fault("write_atomic does not fsync the folder", _ATOMIC,
          "            raise\n        fsync_dir(path.parent)\n\n\ndef append",
          "            raise\n\n\ndef append",
          "calls"),
    Fault("a checkpoint's files are not fsynced", _ATOMIC, "            _fsync_files(temporary)\n", "", "calls"),
    Fault("the folder is not fsynced after a checkpoint's rename", _ATOMIC,
          "            _rename_unless_there(temporary, path)\n            fsync_dir(path.parent)\n",
          "            _rename_unless_there(temporary, path)\n", "calls"),
    Fault("new folders are not fsynced before they are renamed", _ATOMIC,
          "            _fsync_files(temporary)\n            temporary.chmod(0o755)\n",
          "            temporary.chmod(0o755)\n", "calls"),
    Fault("the folder is not fsynced after a link's rename", _ATOMIC,
          "            raise\n        fsync_dir(link.parent)\n", "            raise\n", "calls"),
    Fault("metrics.jsonl is not fsynced", _ATOMIC,
          '            file.write(line + "\\n")\n            file.flush()\n            os.fsync(file.fileno())\n',
          '            file.write(line + "\\n")\n', "power"),
    Fault("folders that are made are not fsynced in those above", _ATOMIC,
          "    for folder in made:\n        fsync_dir(folder.parent)\n", "", "power"),
    # What is whole or not there.
    Fault("run.json is written in place", _ATOMIC, "            Path(name).replace(path)\n",
          "            path.write_bytes(data)\n            Path(name).unlink()\n", "kill record mlp"),
    Fault("a checkpoint's files come to their place one by one", _ATOMIC,
          "        temporary.rename(path)\n    except OSError",
          "        path.mkdir()\n"
          "        for file in sorted(temporary.iterdir(), reverse=True):\n"
          "            file.rename(path / file.name)\n"
          "    except OSError",
          "kill place mlp"),
    Fault("a checkpoint is written in its place", _CHECKPOINT,
          "            self._folder = self._stack.enter_context(new_folder(target))\n",
          "            target.mkdir(parents=True)\n            self._folder = target\n", "kill place mlp"),
    Fault("a link is removed before the new one is made", _ATOMIC,
          "            temporary.replace(link)\n",
          "            link.unlink(missing_ok=True)\n            temporary.replace(link)\n", "kill link mlp"),
    Fault("last is linked before the checkpoint is there", _SAVING,
          f'        draft.commit()\n        if last:\n{_LINK}"last", last)\n',
          f'        if last:\n{_LINK}"last", last)\n        draft.commit()\n', "kill save mlp"),
    Fault("old checkpoints go before the new one is there", _SAVING, "        draft.commit()\n",
          "        remove_others(self._folder, set())\n        draft.commit()\n", "kill save mlp"),
    Fault("the manifest leaves out the weights", _CHECKPOINT,
          "for path in self._folder.iterdir())", 'for path in self._folder.glob("state*"))', "kill save mlp"),
    Fault("best weights that wait are not saved with the state", _SAVING,
          "        self._save_waiting()\n        values",
          "        values",
          "kill save plateau"),
    Fault("best weights that wait are not copied", _SAVING,
          "self._waiting = row, [copied(variable) for variable in self._state.weights_model.weights]",
          "self._waiting = row, list(self._state.weights_model.weights)", "kill save plateau"),
    # What a checkpoint must hold, and a resumed run take from it.
    Fault("the optimizer is not restored", _STATE,
          '        _assign("optimizer", optimizer.variables, arrays)\n', "", "kill save mlp"),
    Fault("seeds of layers are not restored", _STATE,
          '        _assign("seed", _seeds(self.model), arrays)\n', "", "kill save mlp"),
    Fault("metrics of an epoch that goes on are not restored", _STATE,
          '        _assign("metric", self.model.metrics_variables, arrays)\n', "", "kill save mlp"),
    Fault("averaged weights begin anew", _STATE, '        _assign("seed", _seeds(self.model), arrays)\n',
          '        _assign("seed", _seeds(self.model), arrays)\n'
          "        for average in self.model.optimizer._model_variables_moving_average:\n"
          "            average.assign(average * 0)\n", "kill save ema"),
    Fault("callbacks' values are not restored", _STATE, 'left.pop(index)["attributes"], own', "{}, own",
          "kill save plateau"),
    Fault("callbacks' floats are not saved", "callbacks/attributes.py", "isinstance(value, bool | int | float | str)",
          "isinstance(value, bool | int | str)", "kill save plateau"),
    Fault("Python's random numbers are not restored", _STATE,
          '        random.setstate((version, tuple(arrays["random/python"].tolist()), gauss))\n',
          "",
          "kill save plug-in"),
    Fault("NumPy's random numbers are not restored", _STATE,
          '        np.random.set_state(("MT19937", arrays["random/numpy"], *values["random"]["numpy"]))\n', "",
          "kill save plug-in"),
    Fault("the state comes back before steps are passed over", "training/continuation.py",
          "        if step == self.steps:\n            self.restore()\n", "", "kill save ema"),
    Fault("a resumed epoch repeats a step", _SAVED, "return 0 if self.anew else self.position.step or 0",
          "return 0 if self.anew else max(0, (self.position.step or 0) - 1)", "kill save mlp"),
    Fault("a resumed epoch begins with its first images", "training/feed.py",
          "lambda: batches.groups(group, start)", "lambda: batches.groups(group, 0)", "kill save mlp"),
    Fault("augmentation counts steps from 0 again", "training/feed.py", "epoch, step = batches.epoch, start",
          "epoch, step = batches.epoch, 0", "kill save cnn"),
    Fault("the order follows from the epochs that this process did", "training/adapter.py",
          "        self._batches.epoch = epoch\n",
          '        self._batches.epoch = self._done = getattr(self, "_done", -1) + 1\n', "kill save mlp"),
    Fault("streamed windows are not left out", "data/stream/batches.py",
          "islice(self._ordered_windows(), start, None)", "self._ordered_windows()", "kill save stream"),
    Fault("layers thaw by the epochs that this process did", "training/freeze.py",
          "trained_in(self._training, self._model, epoch)):",
          "trained_in(self._training, self._model, epoch - self._first_epoch + 1)):", "kill save freeze"),
    Fault("latest is not made by a run that goes on", _RESUME,
          "above == runs_dir.absolute() or (above / LATEST).is_symlink()", "(above / LATEST).is_symlink()",
          "kill pack mlp"),
    Fault("the best epoch is forgotten", _RESUME, "return row if row and monitor in row else None", "return None",
          "kill save mlp"),
    Fault("an epoch as good as the best replaces it", "callbacks/best.py", "value > best if", "value >= best if",
          "kill save cnn"),
    Fault("metrics.jsonl is not cut back", _RESUME,
          "        cut_metrics(self.run.metrics, self.saved.position.epochs_done)\n", "",
          "kill save mlp"),
    Fault("temporary files stay", _RESUME,
          "        for left in unfinished(self.run.root):\n            remove(left)\n", "", "kill save mlp"),
    Fault("a signal saves nothing", _SAVING,
          "            if isinstance(error, RunInterruptedError):\n                self.save()\n",
          "",
          "kill signal mlp"),
    # Damage, locks, changes.
    Fault("digests are not compared", _CHECKPOINT, "            if digests[file] != received:\n",
          "            if False:\n", "check damaged"),
    Fault("digests of arrays are not compared", _CHECKPOINT, ", *({_ARRAYS} & digests.keys())):", "):",
          "check damaged_state"),
    Fault("a damaged checkpoint stays in the way", _SAVED,
          "    remove_others(folder, _with_bests(stay))  # now that no link leads there\n", "",
          "check damaged_at_the_end"),
    Fault("a run that stopped early goes on", _RESUME,
          'stopped = self.saved.values.get("stopped") and not self.saved.changed', "stopped = False",
          "check killed_at_the_end"),
    Fault("a run that is over is not tidied up", "training/fit.py", "            resumption.tidy()\n", "",
          "check not_linked_at_the_end"),
    Fault("the lock is not taken", "rundir/lock.py",
          "        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)\n",
          "        pass\n",
          "check locked"),
    Fault("changes are not refused", _RESUME, "if not changes or self.allow_changed:", "if True:", "check changed"),
)  # fmt: skip
