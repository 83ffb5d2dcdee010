"""Commands whose module is imported when the command is asked for, and not before.

``suggest`` then starts without what only training needs, and runs where that is not installed.
"""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

# A command, its module in ``caption_model.cli``, and the function or group of commands there.
COMMANDS = {
    "suggest": ("suggest", "suggest"),
    "batch": ("batch", "batch"),
    "app": ("app_command", "app"),
    "serve": ("serve", "serve"),
    "clean": ("clean", "clean"),
    "inspect": ("inspect", "inspect"),
    "build": ("build", "build"),
    "distil": ("distil", "distil"),
    "probe": ("probe", "probe"),
    "report": ("report", "report"),
    "train": ("train_group", "train"),
    "recipe": ("recipe", "recipe"),
    "evaluate": ("evaluate", "evaluate"),
    "compare": ("compare", "compare"),
}


class LazyGroup(TyperGroup):
    """All commands, in the order of ``COMMANDS``."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, its module now imported; ``None`` if there is none.

        Raises:
            ModuleNotFoundError: the command needs a package that is not installed.
        """
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found = getattr(import_module(f"caption_model.cli.{module}"), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            single.command(cmd_name)(found)
            found = single
        found._add_completion = False
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help that lists all commands; one that lacks its packages is listed with that reason."""
        self.get_command = self._get_command_or_reason  # type: ignore[method-assign]
        super().format_help(ctx, formatter)

    def _get_command_or_reason(self, ctx: Any, cmd_name: str) -> Any:
        from caption_model.cli.extras import missing_extra

        try:
            return LazyGroup.get_command(self, ctx, cmd_name)
        except ModuleNotFoundError as error:
            reason = missing_extra(error)
            if reason is None:
                raise
            single = typer.Typer(add_completion=False)
            single.command(cmd_name, help=reason)(lambda: None)
            return typer.main.get_command(single)
