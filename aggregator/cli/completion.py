"""`tagwire completion`: a shell's completion script."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options


@command(
    "completion",
    examples={
        "tagwire completion fish > ~/.config/fish/completions/tagwire.fish": "for fish",
    },
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_options
def completion(options: Options, shell: str) -> None:
    """Print a shell's completion script.

    For bash: `tagwire completion bash > ~/.local/share/bash-completion/completions/tagwire`.
    """
    from click.shell_completion import get_completion_class

    from aggregator.cli.output import emit, out
    from aggregator.cli.root import root

    found = get_completion_class(shell)
    assert found is not None
    script = found(root, {}, "tagwire", "_TAGWIRE_COMPLETE").source()
    if options.json:
        emit({"shell": shell, "script": script})
    else:
        out(script)


command = completion
